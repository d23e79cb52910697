"""Learning from a teacher: the loss on the labels, mixed with the loss on what another model predicts.

Helps: one small and fast network that is to stand in for an ensemble. Hurts: where the teacher is wrong the student is
taught its mistakes; label smoothing in the teacher's members makes it say less.
Source: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015: both sides at temperature T, and the
teacher's part times T^2, so that its gradient keeps its size. Differs: cross-entropy to the teacher's probabilities
instead of the divergence, which has the same gradient. Numbers: squared error to the teacher's value, without
temperature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from whet.data.dataset import Dataset
from whet.data.inputs import Batch
from whet.errors import ConfigError
from whet.evaluation.calibration import apply_temperature
from whet.recipe import Distillation, Recipe
from whet.tasks.target import Target
from whet.training.objective import Supervised, member_losses

__all__ = ["Distilled", "packed", "taught_targets"]


@dataclass(frozen=True, kw_only=True)
class Distilled:
    """See ``Objective``; targets are what ``packed`` gives. Labels count for 1 - weight, the teacher for weight."""

    labels: Supervised
    distillation: Distillation

    def __call__(self, model: nn.Module, batch: Batch, targets: Tensor, *, generator: torch.Generator) -> Tensor:
        """See ``Objective``."""
        target, temperature = self.labels.target, _temperature(self.labels.target, self.distillation)
        outputs = model(batch)
        codes = targets[:, 0].long() if target.kind == "classes" else targets[:, 0]
        own = self.labels.losses(outputs, codes)
        taught = member_losses(target, outputs / temperature, targets[:, 1:]) * temperature**2
        return torch.lerp(own, taught, self.distillation.weight).mean()


def taught_targets(recipe: Recipe, target: Target, train: Dataset) -> Tensor | None:
    """(N, K) what the teacher says, as the loss wants it; None where the recipe asks for no teacher.

    Raises:
        ConfigError: there is no teacher, or the recipe mixes examples, of which the teacher has said nothing.
    """
    if recipe.distillation.weight == 0:
        return None
    if train.taught is None:
        raise ConfigError(
            f"Recipe.distillation.weight is {recipe.distillation.weight!r}, but the training examples carry no "
            "teacher's predictions (Dataset.taught). Set it to 0."
        )
    if recipe.regularisation.mixup or recipe.regularisation.cutmix:
        raise ConfigError(
            "Recipe.distillation knows the teacher's answer to whole examples: set mixup and cutmix to 0."
        )
    if recipe.transfer.contrastive:
        raise ConfigError("Recipe.distillation and Transfer.contrastive learn from different targets: set one to 0.")
    if target.kind == "number":
        return torch.from_numpy(target.encode(train.taught[:, 0])).reshape(-1, 1)
    softened = apply_temperature(train.taught, recipe.distillation.temperature)
    return torch.from_numpy(softened.astype(np.float32))


def packed(codes: Tensor, taught: Tensor) -> Tensor:
    """(N, 1 + K) float32: the encoded label first; whole numbers stay exact up to 16 million classes."""
    return torch.cat([codes.reshape(-1, 1).float(), taught], dim=1)


def _temperature(target: Target, distillation: Distillation) -> float:
    return distillation.temperature if target.kind == "classes" else 1.0
