"""Learning-rate range test: sweep the rate upwards for a few steps and look where the loss falls fastest.

Helps: rates that are far off for this data. Hurts: a short sweep is noisy, so the suggestion must win its comparison.
Source: Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["LearningRateRangeTest"]


@dataclass(frozen=True, kw_only=True)
class LearningRateRangeTest:
    """Take the peak learning rate from a range test."""

    factor: float = 1.5  # nearer than this to the rate in force is no change

    title: str = "learning-rate range test"
    treats: frozenset[str] = frozenset({"underfitting", "curve_oscillation", "below_baseline"})
    expected_gain: float = 1.5
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        suggested = facts.suggested_lr
        if suggested is None or 1 / self.factor < suggested / recipe.optimiser.lr < self.factor:
            return ()
        scale = suggested / recipe.optimiser.lr
        changed = replace(recipe.optimiser, lr=suggested, other_lr=recipe.optimiser.other_lr * scale)
        return ((f"learning rate {recipe.optimiser.lr:.2g} -> {suggested:.2g}", replace(recipe, optimiser=changed)),)


remedies.register("learning_rate")(LearningRateRangeTest())
