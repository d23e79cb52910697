"""Another scale for numbers: ranks as a normal distribution, mean and deviation, or median and quartiles.

Helps: ranks where columns are skewed or have outliers; the other two where distances themselves carry meaning.
Hurts: the plain standard scale where tails are heavy. Trees do not care.
Sources and definitions: see ``whet.data.encoders.table_numbers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.recipe import Recipe
from whet.remedies.features import features_of, with_features
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["NumberTransform"]

_NAMES = {"quantile": "quantiles", "standard": "standard scale", "robust_clip": "robust scale"}


@dataclass(frozen=True, kw_only=True)
class NumberTransform:
    """Use one of the scales that are not in force."""

    title: str = "scale of numbers"
    treats: frozenset[str] = frozenset(
        {
            "underfitting",
            "below_baseline",
            "curve_oscillation",
            "skewed_columns",
            "column_outliers",
            "impossible_values",
        }
    )
    expected_gain: float = 0.5
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        features = features_of(recipe, facts)
        if features is None or not facts.num_numbers or recipe.architecture == "boosted_trees":
            return ()
        now = features.number_transform
        return [
            (f"numbers: {_NAMES[now]} -> {title}", with_features(recipe, number_transform=name))
            for name, title in _NAMES.items()
            if name != now
        ]


remedies.register("number_transform")(NumberTransform())
