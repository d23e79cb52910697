"""A wider network.

Helps: networks that cannot fit their training data. Hurts: small data, tight budgets (fewer passes in the same time).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.recipe import Recipe
from whet.remedies.capacity import setting_of
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["Wider"]


@dataclass(frozen=True, kw_only=True)
class Wider:
    """More units or filters per layer."""

    factor: float = 1.5

    title: str = "wider network"
    treats: frozenset[str] = frozenset({"underfitting"})
    expected_gain: float = 1.5
    cost: float = 2.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        found = setting_of(recipe, "widths", "width", "filters", "dim")
        if found is None:
            return ()
        name, value = found
        larger = (
            [round(v * self.factor) for v in value] if isinstance(value, list | tuple) else _even(value * self.factor)
        )
        return ((f"{name} {value} -> {larger}", recipe.with_settings(**{name: larger})),)


remedies.register("wider")(Wider())


def _even(value: float) -> int:
    return 8 * max(1, round(value / 8))  # multiples of 8 keep attention heads and vector units whole
