"""L1 regularisation: push weights to exactly zero.

Helps: many useless inputs, few examples. Hurts: where every weight carries a little.
Source: Tibshirani, "Regression Shrinkage and Selection via the Lasso", 1996.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["L1"]


@dataclass(frozen=True, kw_only=True)
class L1:
    """Add the sum of absolute weights to the loss."""

    strength: float = 1e-5

    title: str = "L1 regularisation"
    treats: frozenset[str] = frozenset({"overfitting"})
    expected_gain: float = 0.3
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if recipe.regularisation.l1 > 0:
            return ()
        changed = replace(recipe.regularisation, l1=self.strength)
        return ((f"L1 {self.strength:g}", replace(recipe, regularisation=changed)),)


remedies.register("l1")(L1())
