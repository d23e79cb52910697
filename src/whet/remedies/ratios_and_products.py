"""Products, differences and ratios of numbers that matter together, chosen on the training rows.

Helps: areas, durations and rates, which no single column holds. Hurts: tables where no pair matters. Where the ratios
and rotations of ``crosses`` already tell the same, little is left to gain.
How they are chosen: see ``whet.data.encoders.table_pairs``. Source: Kanter and Veeramachaneni, DSAA 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.data.encoders.table_pilot import LEAST_ROWS
from whet.recipe import Recipe
from whet.remedies.features import features_of, with_features
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["RatiosAndProducts"]


@dataclass(frozen=True, kw_only=True)
class RatiosAndProducts:
    """Make columns of two numbers each."""

    count: int = 8

    title: str = "ratios and products"
    treats: frozenset[str] = frozenset({"underfitting", "below_baseline"})
    expected_gain: float = 1.0
    cost: float = 1.1

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        features = features_of(recipe, facts)
        if features is None or facts.num_numbers < 2 or facts.num_train < LEAST_ROWS or features.ratios:
            return ()
        change = f"up to {self.count} products, differences and ratios of numbers"
        return ((change, with_features(recipe, ratios=self.count)),)


remedies.register("ratios_and_products")(RatiosAndProducts())
