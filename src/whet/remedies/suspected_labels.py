"""Suspected labels: leave the examples out of training, train on the likelier label, or let them count less.

Helps: wrong labels, which a long training learns by heart. Hurts: rare or hard examples that only look wrong.
Which labels are suspected is found within the training examples alone, each by models that did not see it; validation
and test examples keep theirs. Source: Northcutt et al., "Confident Learning", JAIR 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.models.architecture import architectures
from whet.models.estimators.estimator import can_weigh
from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.remedies.treating import with_treatment
from whet.tasks.facts import Facts

__all__ = ["SuspectedLabels"]


@dataclass(frozen=True, kw_only=True)
class SuspectedLabels:
    """Drop, relabel or weaken what the audit suspects."""

    title: str = "suspected labels left out, put right or weakened"
    treats: frozenset[str] = frozenset({"label_errors"})
    expected_gain: float = 2.0
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if "label_errors" not in facts.found or any("suspected" in t.name for t in recipe.treatments):
            return ()
        proposals = [
            ("suspected labels left out of training", with_treatment(recipe, "drop_suspected_labels")),
            ("suspected labels put right for training", with_treatment(recipe, "relabel_suspected_labels")),
        ]
        if _can_weigh(recipe):
            proposals.append(("suspected labels count less", with_treatment(recipe, "weaken_suspected_labels")))
        return proposals


def _can_weigh(recipe: Recipe) -> bool:
    if recipe.architecture in architectures:
        return recipe.balance != "balanced_sampling"
    return can_weigh(recipe.architecture)


remedies.register("suspected_labels")(SuspectedLabels())
