"""Class balancing: weights on the loss, or sampling classes evenly.

Helps: macro scores on imbalanced classes. Hurts: plain accuracy and calibration, since the prior is changed.
Source: King and Zeng, "Logistic Regression in Rare Events Data", 2001; Buda et al., 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["ClassBalancing"]


@dataclass(frozen=True, kw_only=True)
class ClassBalancing:
    """Count rare classes more."""

    least: float = 1.5  # largest class over smallest below which nothing is proposed

    title: str = "class balancing"
    treats: frozenset[str] = frozenset({"imbalance", "class_imbalance"})
    expected_gain: float = 1.5
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        counts = [c for c in facts.class_counts if c]
        if not counts or recipe.balance != "none" or max(counts) < self.least * min(counts):
            return ()
        return (
            ("class weights in the loss", replace(recipe, balance="class_weights")),
            ("classes sampled evenly", replace(recipe, balance="balanced_sampling")),
        )


remedies.register("class_balancing")(ClassBalancing())
