"""Where a category value counts as rare: values seen less often than that in training share one id.

Helps: a lower limit where rare values differ and rows are many; a higher one where a network learns them by heart.
Hurts: the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.recipe import Recipe
from whet.remedies.features import features_of, with_features
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["RareCategories"]

_FEW_VALUES = 10  # with so few values in a column hardly any is rare


@dataclass(frozen=True, kw_only=True)
class RareCategories:
    """Group more or fewer rare values."""

    limits: tuple[int, ...] = (3, 40)  # times that a value is seen

    title: str = "grouping of rare categories"
    treats: frozenset[str] = frozenset({"underfitting", "overfitting"})
    expected_gain: float = 0.4
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        features = features_of(recipe, facts)
        if features is None or not facts.num_categories or facts.most_values <= _FEW_VALUES:
            return ()
        return [
            (f"categories are rare below {features.rare} -> {limit} rows", with_features(recipe, rare=limit))
            for limit in self.limits
            if limit != features.rare
        ]


remedies.register("rare_categories")(RareCategories())
