"""Stochastic weight averaging over the last part of the training.

Helps: long trainings whose end only settles into a corner. Hurts: short ones that still improve fast at their end.
Source: Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", UAI 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["EqualAveraging"]


@dataclass(frozen=True, kw_only=True)
class EqualAveraging:
    """Average the weights of the last quarter at a steady rate."""

    fraction: float = 0.25

    title: str = "weight averaging (SWA)"
    treats: frozenset[str] = frozenset({"curve_oscillation", "overfitting"})
    expected_gain: float = 0.4
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        regularisation, schedule = recipe.regularisation, recipe.schedule
        is_averaged = regularisation.swa or regularisation.ema is not None
        if is_averaged or schedule.name == "plateau" or schedule.cycles > 1:
            return ()
        changed = replace(regularisation, swa=self.fraction)
        return ((f"SWA over the last {self.fraction:.0%}", replace(recipe, regularisation=changed)),)


remedies.register("swa")(EqualAveraging())
