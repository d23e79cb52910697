"""Which activations a loss, or the range of its targets, wants before it."""

from __future__ import annotations

import math

from whet.diagnosis.case import Case
from whet.diagnosis.cures.parts.loss_rewriting import all_targets
from whet.diagnosis.cures.parts.output_activation import Found

__all__ = ["wanted"]

RIGHT = {
    "cross_entropy": {"log_softmax"},  # harmless: it changes nothing
    "nll_loss": {"log_softmax", "logsigmoid"},
    "kl_div": {"log_softmax", "logsigmoid"},
    "binary_cross_entropy": {"sigmoid", "hardsigmoid", "softmax"},
    "binary_cross_entropy_with_logits": set[str](),
}
RANGES = {
    "softmax": (0.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "hardsigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hardtanh": (-1.0, 1.0),
    "relu": (0.0, math.inf),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, math.inf),
    "log_softmax": (-math.inf, 0.0),
    "logsigmoid": (-math.inf, 0.0),
    "gelu": (-0.17, math.inf),
    "silu": (-0.28, math.inf),
    "elu": (-1.0, math.inf),
    "leaky_relu": (-math.inf, math.inf),
}


def wanted(case: Case, found: Found) -> bool:
    """Whether the activation may stay. For numbers: whether every target is in its range."""
    if found.loss in RIGHT:
        return found.name in RIGHT[found.loss]
    if not found.loss:  # a loss of the user's own may want anything
        return True
    low, high = RANGES.get(found.name, (-math.inf, math.inf))
    targets = case.ask(all_targets).double()
    return bool((targets >= low - 1e-6).all() and (targets <= high + 1e-6).all())
