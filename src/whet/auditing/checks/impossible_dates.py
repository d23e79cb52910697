"""Dates that cannot be: 31 February, the year 1023 or 2204, an end before its beginning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells, set_cells, written_at
from whet.auditing.columns.column_words import matches, word_columns
from whet.auditing.columns.date_order import order_of
from whet.auditing.columns.date_words import date_words, second_format
from whet.auditing.columns.placeholder_dates import placeholder_dates
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.data.columns import DateColumn
from whet.data.kinds import Kind
from whet.finding import Finding

__all__ = ["ImpossibleDates"]

_YEAR_S = 365.25 * 86_400
_BEYOND_CLOCKS = r"\b(9999|0001|0000)\b"  # told as placeholders


@dataclass(frozen=True, kw_only=True)
class ImpossibleDates:
    """Looks at each date column, then at pairs of them."""

    first_year: int = 1800
    last_year: int = 2100
    most_share: float = 0.06  # of dates outside these years, or of pairs out of order; with more it is meant so

    title: str = "dates that cannot be"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        dates = inspection.columns(Kind.DATE)
        for name in word_columns(inspection, Kind.DATE, Kind.CATEGORY, Kind.IGNORED):
            yield from self._unreadable(inspection, name)
        for name in dates:
            yield from self._outside(inspection, name)
        for first, second in combinations(dates[:20], 2):
            yield from self._order(inspection, first, second)

    def _unreadable(self, inspection: Inspection, name: str) -> Iterable[Finding]:
        read = date_words(inspection, name)
        if read is None:
            return
        second = second_format(inspection, name)
        wrong = read.shaped & ~read.read & ~matches(read.words.trimmed, _BEYOND_CLOCKS)
        positions = read.words.positions(wrong)
        positions = positions if second is None else np.setdiff1d(positions, second.positions)
        if not 0 < len(positions) <= self.most_share * len(inspection.data):
            return
        yield self._finding(
            inspection,
            name,
            positions,
            f"{len(positions):,} values of {name!r} are written like dates, but there is no such day, for example "
            f"{read.words.shown(int(positions[0]))}.",
            "no such day",
            certain=False,
        )

    def _outside(self, inspection: Inspection, name: str) -> Iterable[Finding]:
        column = inspection.data.columns[name]
        assert isinstance(column, DateColumn)
        years = 1970 + column.values / _YEAR_S
        outside = np.flatnonzero((years < self.first_year) | (years >= self.last_year))
        outside = np.setdiff1d(outside, placeholder_dates(inspection, name, isolation=0.3)[0])
        if not 0 < len(outside) <= self.most_share * len(years):
            return
        yield self._finding(
            inspection,
            name,
            outside,
            f"{len(outside):,} dates in {name!r} lie before {self.first_year} or after {self.last_year}, for example "
            f"in {years[outside[0]]:.0f}; the middle of the column is in {np.nanmedian(years):.0f}.",
            "year out of range",
            certain=False,
        )

    def _order(self, inspection: Inspection, first: str, second: str) -> Iterable[Finding]:
        found = order_of(inspection, first, second, most=self.most_share)
        if found is None:
            return
        earlier, later, positions = found
        yield flag_cells(
            inspection,
            positions,
            symptom="impossible_dates",
            title=self.title,
            column=later,
            severity=by_share(len(positions), len(inspection.data), base=0.4, slope=1.0),
            statement=f"{earlier!r} is before {later!r} in all but {len(positions):,} examples, where it is after it.",
            evidence={
                "rule": "dates out of order",
                "value": len(positions),
                "threshold": 1,
                "columns": [earlier, later],
            },
            advice="Look at both dates; one of them is wrong.",
            confidence=0.85,
            what=lambda p: f"{written_at(inspection, earlier, p)}, {written_at(inspection, later, p)}",
        )

    def _finding(
        self, inspection: Inspection, name: str, positions: np.ndarray, statement: str, rule: str, *, certain: bool
    ) -> Finding:
        return flag_cells(
            inspection,
            positions,
            symptom="impossible_dates",
            title=self.title,
            column=name,
            severity=by_share(len(positions), len(inspection.data), base=0.35, slope=1.0),
            statement=statement,
            evidence={"rule": rule, "value": len(positions), "threshold": 1},
            advice="Correct these dates, or empty the cells.",
            remedy=f"counts {len(positions):,} dates as missing",
            confidence=0.95,
            edits=set_cells(inspection, name, positions, None, certain=certain),
        )


checks.register("impossible_dates")(ImpossibleDates())
