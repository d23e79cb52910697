"""Mark what is missing: a 0/1 column for each category and text with holes, and how many cells a row misses.

Helps: values that are missing for a reason. Hurts: holes that mean nothing, by a few columns of noise.
Numbers have such marks already; see ``whet.data.encoders.table_missing``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.recipe import Recipe
from whet.remedies.features import features_of, with_features
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["MissingIndicators"]


@dataclass(frozen=True, kw_only=True)
class MissingIndicators:
    """Say which values a row misses."""

    title: str = "marks of missing values"
    treats: frozenset[str] = frozenset({"underfitting", "below_baseline", "missing_values"})
    expected_gain: float = 0.5
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        features = features_of(recipe, facts)
        if features is None or not facts.num_missing or features.missing_indicators == "all":
            return ()
        return (("marks of missing values", with_features(recipe, missing_indicators="all")),)


remedies.register("missing_indicators")(MissingIndicators())
