"""Columns left out: those that name the example, and those that may give the target away.

Helps: names of examples, which are learnt by heart. A column that gives the target away costs points when it goes,
and the row shows how many of them rest on it; whether it is known in time only a person can say.
Source: Kapoor and Narayanan, "Leakage and the reproducibility crisis in machine-learning-based science", 2023.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.recipe import Recipe
from whet.remedies.features import features_of, with_features
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["ColumnsLeftOut"]

SYMPTOMS = ("id_columns", "target_leak")


@dataclass(frozen=True, kw_only=True)
class ColumnsLeftOut:
    """One proposal for each column."""

    title: str = "training without a column"
    treats: frozenset[str] = frozenset(SYMPTOMS)
    expected_gain: float = 0.5
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        features = features_of(recipe, facts)
        if features is None:
            return ()
        found = {name: mend for symptom in SYMPTOMS for name, mend in facts.mends.get(symptom, {}).items()}
        return [
            (f"without column {name!r}", with_features(recipe, mends={**features.mends, name: mend}))
            for name, mend in sorted(found.items())
            if name not in features.mends
        ]


remedies.register("columns_left_out")(ColumnsLeftOut())
