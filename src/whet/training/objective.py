"""Objectives: they turn (model, batch) into a loss, so that the training loop knows no task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from whet.data.inputs import Batch
from whet.tasks.target import Target
from whet.training.cutmix import cutmix
from whet.training.mixup import mixup

__all__ = ["Objective", "Supervised", "class_weights", "member_losses"]


class Objective(Protocol):
    """What is minimised."""

    def __call__(self, model: nn.Module, batch: Batch, targets: Tensor, *, generator: torch.Generator) -> Tensor:
        """The scalar loss of one batch; ``generator`` is for whatever the objective draws."""
        ...


@dataclass(frozen=True, kw_only=True)
class Supervised:
    """The target's own loss, averaged over examples and members.

    With mixup or CutMix the loss is the mixture of both examples' losses, each with the weight of its own class; for
    cross-entropy this equals the loss of the mixed target, for squared error it has the same gradient.
    """

    target: Target
    label_smoothing: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    class_weights: Tensor | None = None  # (K,) on the device of the training

    def __call__(self, model: nn.Module, batch: Batch, targets: Tensor, *, generator: torch.Generator) -> Tensor:
        """See ``Objective``."""
        if self.mixup == 0 and self.cutmix == 0:
            return self.losses(model(batch), targets).mean()
        mixed, partner, weight = self._mixed(batch, generator)
        outputs = model(mixed)
        own, other = self.losses(outputs, targets), self.losses(outputs, targets[partner])
        return torch.lerp(other, own, weight).mean()

    def _mixed(self, batch: Batch, generator: torch.Generator) -> tuple[Batch, Tensor, float]:
        """By mixup or by CutMix; where both are asked for, a coin decides for each batch."""
        if self.cutmix == 0 or (self.mixup > 0 and bool(torch.rand((), generator=generator) < 0.5)):
            return mixup(batch, self.mixup, generator=generator)
        return cutmix(batch, self.cutmix, generator=generator)

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """(B, K) or (B, M, K) outputs and (B,) encoded targets -> (B,), with smoothing and the weights of classes."""
        losses = member_losses(self.target, outputs, targets, label_smoothing=self.label_smoothing)
        return losses if self.class_weights is None else losses * self.class_weights[targets]


def member_losses(target: Target, outputs: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """(B, K) or (B, M, K) outputs -> (B,) losses in float32, the mean over the M members of each one's own loss."""
    outputs = outputs.float()
    if outputs.ndim == 2:
        return target.losses(outputs, targets, label_smoothing=label_smoothing)
    members = outputs.shape[1]
    repeated = targets.repeat_interleave(members, dim=0)
    losses = target.losses(outputs.flatten(0, 1), repeated, label_smoothing=label_smoothing)
    return losses.view(-1, members).mean(dim=1)


def class_weights(codes: np.ndarray, num_classes: int) -> Tensor:
    """(K,) float32 weights inverse to the classes' frequencies; their mean over the examples is 1.

    So the size of the loss, and with it the best learning rate, stays what it was. A class without examples gets 0.

    >>> class_weights(np.array([0, 0, 0, 1]), 2).tolist()
    [0.6666666865348816, 2.0]
    """
    counts = np.bincount(codes, minlength=num_classes)
    present = counts > 0
    weights = np.where(present, len(codes) / (present.sum() * np.maximum(counts, 1)), 0.0)
    return torch.from_numpy(weights.astype(np.float32))
