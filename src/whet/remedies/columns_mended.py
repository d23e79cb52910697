"""Columns put right before they are encoded: placeholders count as missing, written numbers are read, units agree.

Helps: -999 that a network takes for a value; "5 kg" that is read as a word; metres among centimetres.
Hurts: a placeholder that means something of its own, which a mark of missing values keeps.
What is put right follows from the values alone (see ``data.encoders.table_mends``) and is done at prediction too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    """All damage that the audit found at once, then each kind of it alone."""

    title: str = "columns put right"
    treats: frozenset[str] = frozenset(WORDS)
    expected_gain: float = 3.0  # a column that could not be read at all comes back
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        features = features_of(recipe, facts)
        if features is None:
            return ()
        kinds = {
            symptom: {name: mend for name, mend in facts.mends.get(symptom, {}).items() if name not in features.mends}
            for symptom in WORDS
        }
        found = [symptom for symptom, new in kinds.items() if new]
        together = [("columns put right", {n: m for symptom in found for n, m in kinds[symptom].items()})]
        each = [(WORDS[symptom], kinds[symptom]) for symptom in found]
        return [
            (f"{words}: {_named(new)}", with_features(recipe, mends={**features.mends, **new}))
            for words, new in (together * (len(found) > 1) + each)
        ]


def _named(columns: Iterable[str]) -> str:
    names = sorted(columns)
    return ", ".join(repr(name) for name in names[:3]) + (", ..." if len(names) > 3 else "")


remedies.register("columns_mended")(ColumnsMended())
