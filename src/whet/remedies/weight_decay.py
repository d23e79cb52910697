"""Decoupled L2 regularisation.

Helps: over-fitting networks. Hurts: networks that cannot fit their training data.
Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["WeightDecay"]


@dataclass(frozen=True, kw_only=True)
class WeightDecay:
    """Shrink weights a little at every step."""

    factor: float = 5.0  # on what is in force
    least: float = 0.01
    most: float = 0.5

    title: str = "weight decay"
    treats: frozenset[str] = frozenset({"overfitting"})
    expected_gain: float = 0.8
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        now = recipe.regularisation.weight_decay
        if now >= self.most:
            return ()
        stronger = min(self.most, max(self.least, now * self.factor))
        changed = replace(recipe.regularisation, weight_decay=stronger)
        return ((f"weight decay {now:g} -> {stronger:g}", replace(recipe, regularisation=changed)),)


remedies.register("weight_decay")(WeightDecay())
