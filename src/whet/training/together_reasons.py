"""Why trainings of one recipe with several seeds are run one after the other, where they are.

Training them together pays where a step is mostly overhead: the operations of k networks then cost little more than
those of one. Where a step is arithmetic, k networks cost k times as much either way.
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from whet.data.kinds import Modality
from whet.errors import WhetError
from whet.models.architecture import architectures
from whet.models.own_code import is_own
from whet.recipe import Recipe, Transfer
from whet.training.fitted import FitSetting
from whet.training.prepare import Prepared

__all__ = ["ApartError", "why_apart", "why_too_large"]

# Of a forward pass over one batch; on one AVX-512 core 3 networks of that size cost 1.4 to 1.9 times one.
MOST_OPERATIONS = 2_500_000
MOST_PARAMETERS = 50_000  # beyond it moving the weights costs as much for each network as it does alone


class ApartError(WhetError, RuntimeError):
    """These trainings cannot be run together, or it does not pay; the message says why."""


def why_apart(recipe: Recipe, modality: Modality, setting: FitSetting) -> str | None:
    """What in the recipe or setting stands against it; None where nothing does.

    >>> why_apart(Recipe(architecture="mlp", backbone="minilm"), Modality.TABLE, FitSetting())
    'a pretrained body is adapted in phases of its own'
    """
    regularisation = recipe.regularisation
    reasons = [
        (recipe.architecture not in architectures, "an estimator has no steps"),
        (is_own(recipe.architecture), "a network of the user's own may do what cannot be stacked"),
        (setting.on_point is not None, "a training that may be cut short is watched by itself"),
        (setting.device != "cpu", "dropout on an accelerator draws from one stream"),
        (modality is Modality.TEXT, "texts are padded to the longest of their own batch"),
        (recipe.backbone is not None, "a pretrained body is adapted in phases of its own"),
        (recipe.transfer != Transfer(), "layers are set free in phases"),
        (regularisation.swa > 0, "the tail of each training is averaged by itself"),
        (recipe.schedule.cycles > 1, "the networks at the ends of a training's cycles are kept"),
        (recipe.distillation.weight > 0, "a student learns from a teacher as well"),
        (regularisation.cutmix > 0, "CutMix cuts another rectangle for every seed"),
        (recipe.optimiser.name == "muon", "Muon looks at whole matrices, not at single weights"),
        (recipe.schedule.name == "plateau", "a plateau lowers the rate seed by seed"),
        (regularisation.early_stopping is not None, "early stopping ends seeds at different moments"),
    ]
    return next((reason for holds, reason in reasons if holds), None)


def why_too_large(ready: Prepared, batch_size: int) -> str | None:
    """None where a step of the network is so small that stacking pays; a fixed rule, because a stopwatch wavers."""
    num_parameters = sum(p.numel() for p in ready.model.parameters())
    if num_parameters > MOST_PARAMETERS:
        return f"{num_parameters:,} parameters are more than the {MOST_PARAMETERS:,} up to which stacking pays"
    index = np.arange(min(batch_size, len(ready.train)))
    with torch.no_grad(), FlopCounterMode(display=False) as counting:
        copy.deepcopy(ready.model).eval()(ready.train.batch(index))
    operations = counting.get_total_flops() * batch_size // len(index)
    if operations > MOST_OPERATIONS:
        return f"{operations:,} operations a batch are more than the {MOST_OPERATIONS:,} up to which stacking pays"
    return None
