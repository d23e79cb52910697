"""Dropout.

Helps: over-fitting networks with wide layers. Hurts: small or under-fitting networks; shortly after batch norm.
Source: Srivastava et al., "Dropout", JMLR 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.recipe import Recipe
from whet.remedies.capacity import setting_of
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["Dropout"]


@dataclass(frozen=True, kw_only=True)
class Dropout:
    """Zero more hidden units at random while training."""

    step: float = 0.15  # added probability
    most: float = 0.5

    title: str = "dropout"
    treats: frozenset[str] = frozenset({"overfitting", "overconfidence"})
    expected_gain: float = 0.8
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        found = setting_of(recipe, "dropout")
        if found is None or found[1] >= self.most:
            return ()
        stronger = min(self.most, found[1] + self.step)
        return ((f"dropout {found[1]:g} -> {stronger:g}", recipe.with_settings(dropout=stronger)),)


remedies.register("dropout")(Dropout())
