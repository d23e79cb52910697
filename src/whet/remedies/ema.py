"""Exponential moving average of the weights.

Helps: noisy ends of training, constant learning rates. Hurts: very short trainings, whose average lags behind.
Source: Polyak and Juditsky, 1992; Tarvainen and Valpola, "Mean teachers", NeurIPS 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["WeightAveraging"]


@dataclass(frozen=True, kw_only=True)
class WeightAveraging:
    """Evaluate an exponential moving average of the weights."""

    decay: float = 0.99  # per step

    title: str = "weight averaging (EMA)"
    treats: frozenset[str] = frozenset({"curve_oscillation", "overfitting"})
    expected_gain: float = 0.5
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if recipe.regularisation.ema is not None or recipe.regularisation.swa:
            return ()
        changed = replace(recipe.regularisation, ema=self.decay)
        return ((f"EMA {self.decay:g}", replace(recipe, regularisation=changed)),)


remedies.register("ema")(WeightAveraging())
