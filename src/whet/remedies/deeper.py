"""A deeper network.

Helps: networks that cannot fit their training data. Hurts: small data, tight budgets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.recipe import Recipe
from whet.remedies.capacity import setting_of
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["Deeper"]


@dataclass(frozen=True, kw_only=True)
class Deeper:
    """More layers or blocks."""

    step: int = 1

    title: str = "deeper network"
    treats: frozenset[str] = frozenset({"underfitting"})
    expected_gain: float = 1.0
    cost: float = 1.6

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        found = setting_of(recipe, "depth")
        if found is None:
            return ()
        return ((f"depth {found[1]} -> {found[1] + self.step}", recipe.with_settings(depth=found[1] + self.step)),)


remedies.register("deeper")(Deeper())
