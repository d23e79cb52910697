"""Values that stand for "missing": -999, 9999, "n/a", "?", 1900-01-01. A model takes them for real ones.

Numbers need evidence: a shape that people use for it, repeated, and lying apart from all other values. Words among
numbers are beyond dispute; among categories they are a class of their own to a model, which is often what it needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells, set_cells
from whet.auditing.columns.column_words import word_columns
from whet.auditing.columns.missing_cells import PROGRAM_WORDS
from whet.auditing.columns.number_words import EMPTY_WORDS, number_words
from whet.auditing.columns.placeholder_dates import placeholder_dates
from whet.auditing.columns.placeholders import placeholder_numbers
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.data.columns import NumberColumn
from whet.data.kinds import Kind
from whet.finding import Finding

__all__ = ["PlaceholderValues"]


@dataclass(frozen=True, kw_only=True)
class PlaceholderValues:
    """Looks at numbers, dates and words."""

    isolation: float = 0.3  # distance from the nearest other value, over the spread of the middle 98 % of the others

    title: str = "values that stand for missing ones"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for name in inspection.columns(Kind.NUMBER):
            yield from self._numbers(inspection, name)
        for name in inspection.columns(Kind.DATE):
            yield from self._dates(inspection, name)
        for name in word_columns(inspection, Kind.NUMBER, Kind.CATEGORY):
            yield from self._words(inspection, name)

    def _numbers(self, inspection: Inspection, name: str) -> Iterable[Finding]:
        found = placeholder_numbers(inspection, name, isolation=self.isolation)
        if not found:
            return
        column = inspection.data.columns[name]
        assert isinstance(column, NumberColumn)
        positions = np.flatnonzero(np.isin(column.values, [p.value for p in found]))
        shown = ", ".join(f"{p.value:g} ({p.count:,} times)" for p in found)
        farthest = max(p.isolation for p in found)
        yield flag_cells(
            inspection,
            positions,
            symptom="placeholder_values",
            title=self.title,
            column=name,
            severity=by_share(len(positions), len(column.values), base=0.4, slope=1.0, cap=0.65),
            statement=f"{name!r} holds {shown}, far from every other value: it seems to "
            "stand for a missing or a cut-off one.",
            evidence={"rule": "isolated placeholder", "value": farthest, "threshold": self.isolation},
            advice="Empty these cells, so that a model learns that the value is missing.",
            remedy=f"counts {len(positions):,} values as missing",
            confidence=0.95 if farthest >= 1 else 0.85,
            edits=set_cells(inspection, name, positions, None),
            mend={"missing": [p.value for p in found]},
        )

    def _dates(self, inspection: Inspection, name: str) -> Iterable[Finding]:
        positions, shown, lies = placeholder_dates(inspection, name, isolation=self.isolation)
        if not len(positions):
            return
        yield flag_cells(
            inspection,
            positions,
            symptom="placeholder_values",
            title=self.title,
            column=name,
            severity=by_share(len(positions), len(inspection.data), base=0.4, slope=1.0, cap=0.65),
            statement=f"{name!r} holds {shown}, far from every other date: it seems to stand for a missing one.",
            evidence={"rule": "isolated placeholder", "value": lies, "threshold": self.isolation},
            advice="Empty these cells, so that a model learns that the date is missing.",
            remedy=f"counts {len(positions):,} dates as missing",
            confidence=0.9,
            edits=set_cells(inspection, name, positions, None),
        )

    def _words(self, inspection: Inspection, name: str) -> Iterable[Finding]:
        read = number_words(inspection, name)
        assert read is not None
        is_number = name in inspection.columns(Kind.NUMBER)
        lower = pc.utf8_lower(read.words.trimmed)
        programs = _is_in(lower, PROGRAM_WORDS)
        wanted = read.empty & ~programs if is_number else _is_in(lower, EMPTY_WORDS)
        positions = read.words.positions(wanted)
        if not len(positions) or (not is_number and wanted.sum() == len(wanted)):
            return
        order = np.flatnonzero(wanted)[np.argsort(-read.words.counts[wanted], kind="stable")]
        shown = ", ".join(
            f"{read.words.distinct[int(i)].as_py()!r} ({read.words.counts[i]:,} times)" for i in order[:5]
        )
        where = "among numbers" if is_number else "as if it were a category"
        yield flag_cells(
            inspection,
            positions,
            symptom="placeholder_values",
            title=self.title,
            column=name,
            severity=by_share(len(positions), len(inspection.data), base=0.2, slope=1.0, cap=0.4),
            statement=f"{name!r} holds {shown} {where}: it stands for a missing value.",
            evidence={"rule": "word for missing", "value": len(positions), "threshold": 1},
            advice="Leave the cell empty, as every reader understands it.",
            remedy=f"counts {len(positions):,} values as missing",
            confidence=0.99 if is_number else 0.85,
            edits=set_cells(inspection, name, positions, None, certain=is_number),
            mend={} if is_number else {"missing_words": [read.words.distinct[int(i)].as_py() for i in order]},
        )


def _is_in(words: pa.Array, known: tuple[str, ...]) -> np.ndarray:
    return np.asarray(pc.is_in(words, value_set=pa.array(known, pa.large_string())).to_numpy(zero_copy_only=False))


checks.register("placeholder_values")(PlaceholderValues())
