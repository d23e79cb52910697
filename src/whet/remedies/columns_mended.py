"""Columns put right before they are encoded: placeholders count as missing, written numbers are read, units agree.

Helps: -999 that a network takes for a value; "5 kg" that is read as a word; metres among centimetres.
Hurts: a placeholder that means something of its own, which a mark of missing values keeps.
What is put right follows from the values alone (see ``data.encoders.table_mends``) and is done at prediction too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.recipe import Recipe
from whet.remedies.features import features_of, with_features
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["ColumnsMended"]

WORDS = {
    "placeholder_values": "placeholders count as missing",
    "mixed_types": "written numbers read as numbers",
    "mixed_units": "one unit in each column",
}


@dataclass(frozen=True, kw_only=True)
class ColumnsMended:
    """One proposal for each kind of damage that the audit found."""

    title: str = "columns put right"
    treats: frozenset[str] = frozenset(WORDS)
    expected_gain: float = 1.0
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        features = features_of(recipe, facts)
        if features is None:
            return ()
        proposals = []
        for symptom, words in WORDS.items():
            new = {name: mend for name, mend in facts.mends.get(symptom, {}).items() if name not in features.mends}
            if new:
                named = ", ".join(repr(name) for name in sorted(new)[:3]) + (", ..." if len(new) > 3 else "")
                mends = {**features.mends, **new}
                proposals.append((f"{words}: {named}", with_features(recipe, mends=mends)))
        return proposals


remedies.register("columns_mended")(ColumnsMended())
