"""Groups of rules whose findings follow from many causes, so that each cause need not list them anew."""

from __future__ import annotations

__all__ = ["COURSE", "RATES", "RESULT"]

RATES = frozenset({"learning_rate_too_high", "learning_rate_too_low"})
COURSE = frozenset(
    {"dead_units", "exploding", "flat_loss", "non_finite", "oscillation", "saturation", "vanishing"}
)  # how a training went
RESULT = frozenset(
    {"below_baseline", "confused_classes", "overconfidence", "stopped_early", "underfitting", "weak_slice"}
)  # what came of it
