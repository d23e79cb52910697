"""Columns that are not of one kind: words among numbers, "$5" beside 5, dates in two formats.

What does not fit counts as missing, or the whole column falls back to a category and its order is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells, set_cells
from whet.auditing.columns.column_words import word_columns
from whet.auditing.columns.date_words import second_format
from whet.auditing.columns.number_words import NumberWords, number_words
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.data.kinds import Kind
from whet.finding import Finding

__all__ = ["MixedTypes"]

MOST_WORDS = 5_000  # decorated numbers that a recipe lists one by one


@dataclass(frozen=True, kw_only=True)
class MixedTypes:
    """Looks at columns that were read from strings."""

    least_numbers: float = 0.6  # share of numbers, however written, from which a column is meant to hold numbers
    fewest_distinct: int = 10  # different numbers; with fewer they may be codes: sizes 36, 38, XL

    title: str = "columns of mixed types"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for name in word_columns(inspection, Kind.NUMBER, Kind.CATEGORY, Kind.TEXT, Kind.IGNORED):
            read = number_words(inspection, name)
            assert read is not None
            if self._means_numbers(read):
                yield from self._words(inspection, name, read)
                yield from self._decorated(inspection, name, read)
        for name in word_columns(inspection, Kind.DATE, Kind.CATEGORY, Kind.TEXT, Kind.IGNORED):
            yield from self._dates(inspection, name)

    def _means_numbers(self, read: NumberWords) -> bool:
        written = read.plain | read.decorated
        if written.sum() < self.fewest_distinct or read.share(written) < self.least_numbers:
            return False
        # Where most of the odd words hold digits too ("A/5 21171" beside "113803"), these are codes, not numbers.
        coded = np.array([any(c.isdigit() for c in w) for w in read.words.distinct.filter(read.other).to_pylist()])
        return read.share(read.other) < 0.02 or not len(coded) or float(coded.mean()) < 0.5

    def _words(self, inspection: Inspection, name: str, read: NumberWords) -> Iterable[Finding]:
        positions = read.words.positions(read.other)
        if not len(positions):
            return
        commonest = int(np.argmax(np.where(read.other, read.words.counts, -1)))
        shown = read.words.distinct[commonest].as_py()
        yield flag_cells(
            inspection,
            positions,
            symptom="mixed_types",
            title=self.title,
            column=name,
            severity=self._severity(inspection, name, positions),
            statement=f"{name!r} holds numbers, and in {len(positions):,} examples words such as {shown!r}, "
            f"{_become(inspection, name)}.",
            evidence={"rule": "words among numbers", "value": len(positions) / len(inspection.data), "threshold": 0},
            advice="Correct the words, or empty these cells.",
            remedy=f"counts {len(positions):,} values as missing and reads the column as numbers",
            confidence=0.95,
            edits=set_cells(inspection, name, positions, None),
            mend=_read_as_numbers(inspection, name, read),
        )

    def _decorated(self, inspection: Inspection, name: str, read: NumberWords) -> Iterable[Finding]:
        styles = sorted(set(read.styles[read.decorated].tolist()))
        positions = read.words.positions(read.decorated)
        if not len(positions) or len(set(read.units[read.decorated].tolist()) - {""}) > 1:
            return  # several units are judged as such
        values = read.values[read.words.codes[positions]]
        yield flag_cells(
            inspection,
            positions,
            symptom="mixed_types",
            title=self.title,
            column=name,
            severity=self._severity(inspection, name, positions),
            statement=f"{name!r} holds numbers, {len(positions):,} of them with {' or '.join(styles)}, such as "
            f"{read.words.shown(int(positions[0]))}, {_become(inspection, name)}.",
            evidence={"rule": "decorated numbers", "value": len(positions) / len(inspection.data), "threshold": 0},
            advice="Write plain numbers, with a point and nothing around them.",
            remedy=f"reads {len(positions):,} values as the numbers that they are",
            confidence=0.95,
            edits=set_cells(inspection, name, positions, *(f"{v:.12g}" for v in values.tolist())),
            mend=_read_as_numbers(inspection, name, read),
        )

    def _dates(self, inspection: Inspection, name: str) -> Iterable[Finding]:
        found = second_format(inspection, name)
        if found is None:
            return
        yield flag_cells(
            inspection,
            found.positions,
            symptom="mixed_types",
            title=self.title,
            column=name,
            severity=self._severity(inspection, name, found.positions),
            statement=f"{name!r} holds dates of the form {found.main}, and {len(found.positions):,} of the form "
            f"{found.second}, {_become(inspection, name)}.",
            evidence={"rule": "two formats of dates", "value": len(found.positions), "threshold": 1},
            advice="Write all dates in one form, best as 2024-12-31.",
            remedy=f"reads {len(found.positions):,} dates that were lost",
            confidence=0.9,
            edits=set_cells(inspection, name, found.positions, *found.rewritten),
        )

    def _severity(self, inspection: Inspection, name: str, positions: np.ndarray) -> float:
        is_lost = not inspection.columns(Kind.NUMBER, Kind.DATE).count(name)  # the whole column is read as words
        return by_share(len(positions), len(inspection.data), base=0.5 if is_lost else 0.3, slope=1.0)


def _read_as_numbers(inspection: Inspection, name: str, read: NumberWords) -> dict[str, Any]:
    """How an encoder would read the column; nothing where it is not among the model's words, or has too many."""
    if name not in inspection.columns(Kind.CATEGORY, Kind.TEXT) or read.decorated.sum() > MOST_WORDS:
        return {}
    decorated = np.flatnonzero(read.decorated)
    words = (read.words.distinct[int(i)].as_py() for i in decorated)
    return {"numbers": dict(zip(words, read.values[decorated].tolist(), strict=True))}


def _become(inspection: Inspection, name: str) -> str:
    if name in inspection.columns(Kind.NUMBER, Kind.DATE):
        return "which count as missing"
    return "so that the whole column is not read as what it is"


checks.register("mixed_types")(MixedTypes())
