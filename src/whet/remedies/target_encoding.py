"""Target encoding: beside its id, a category is given as the mean target of the training rows that share it.

Helps: categories of many values with a level of their own; pairs of categories that act together.
Hurts: values that say nothing, by noise. Out of fold, so that no row reads its own answer.
Source: Micci-Barreca, SIGKDD Explorations 2001; see ``whet.data.encoders.table_targets``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.recipe import Recipe
from whet.remedies.features import features_of, with_features
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["TargetEncoding"]


@dataclass(frozen=True, kw_only=True)
class TargetEncoding:
    """Add smoothed means of the target, then those of pairs."""

    smoothing: float = 10.0  # rows' worth of the mean of all
    num_pairs: int = 4

    title: str = "target encoding"
    treats: frozenset[str] = frozenset({"underfitting", "below_baseline", "overfitting"})
    expected_gain: float = 1.0
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        features = features_of(recipe, facts)
        if features is None or not facts.num_categories:
            return ()
        proposals = []
        smoothing = features.target_encoding or self.smoothing
        if not features.target_encoding:
            changed = with_features(recipe, target_encoding=smoothing)
            proposals.append(("categories as means of the target", changed))
        if facts.num_categories >= 2 and not features.target_pairs:
            changed = with_features(recipe, target_encoding=smoothing, target_pairs=self.num_pairs)
            proposals.append(("categories and pairs of them as means of the target", changed))
        return proposals


remedies.register("target_encoding")(TargetEncoding())
