"""Copies among the training examples: keep one of each, and none whose labels contradict each other.

Helps: training sets padded with copies, which count more than they should and hide how little there is.
Hurts: copies that are frequent because the case is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.remedies.treating import with_treatment
from whet.tasks.facts import Facts

__all__ = ["Copies"]

TREATMENTS = (  # what is found, what is done, in words
    ("label_conflicts", "drop_conflicting_copies", "copies with contradicting labels left out"),
    ("near_duplicates", "deduplicate", "one of each family of copies kept"),
    ("exact_duplicates", "deduplicate", "one of each family of copies kept"),
)


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Train without copies."""

    title: str = "training without copies"
    treats: frozenset[str] = frozenset(found for found, _, _ in TREATMENTS)
    expected_gain: float = 0.5
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        names = [t.name for t in recipe.treatments]
        wanted = {name: words for found, name, words in TREATMENTS if found in facts.found and name not in names}
        return tuple((words, with_treatment(recipe, name)) for name, words in wanted.items())


remedies.register("copies")(Copies())
