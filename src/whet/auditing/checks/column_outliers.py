"""Single numbers far from all others of their column, heavy tails allowed for: slips of the decimal point, faults.

Rule: beyond a gap that no tail of the column explains (``whet.auditing.columns.tails``), at least ``ratio`` times as
far from the middle as the last ordinary value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells, set_cells
from whet.auditing.columns.column_limits import limit_of
from whet.auditing.columns.placeholders import without_placeholders
from whet.auditing.columns.scales import second_scale
from whet.auditing.columns.tails import beyond_gap
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.data.kinds import Kind, Modality
from whet.finding import Finding

__all__ = ["ColumnOutliers"]


@dataclass(frozen=True, kw_only=True)
class ColumnOutliers:
    """Looks at both ends of each number column."""

    ratio: float = 2.0  # of the nearest outlier's distance from the middle to that of the last ordinary value
    strictness: float = 9.0  # one false alarm in exp(9) columns with the heaviest tails

    title: str = "numbers far from all others"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if inspection.modality is not Modality.TABLE:
            return
        for name in inspection.columns(Kind.NUMBER):
            values = self._open_values(inspection, name)
            middle = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
            above = beyond_gap(values - middle, ratio=self.ratio, strictness=self.strictness)
            below = beyond_gap(middle - values, ratio=self.ratio, strictness=self.strictness)
            marked = np.flatnonzero((values - middle >= above) | (middle - values >= below))
            if len(marked):
                yield self._finding(inspection, name, values, marked[np.argsort(-np.abs(values[marked] - middle))])

    def _open_values(self, inspection: Inspection, name: str) -> np.ndarray:
        """Without what other checks tell already: placeholders, impossible values, another unit."""
        values = without_placeholders(inspection, name)
        limit = limit_of(name)
        if limit is not None:
            inside = (values >= limit.low) & (values <= limit.high)
            values = np.where(inside | (inside.mean() < 0.5), values, np.nan)
        other = second_scale(values, name, least=0.005, most=0.4, fewest=3)
        if other is not None:
            values = values.copy()
            values[other.positions] = np.nan
        return values

    def _finding(self, inspection: Inspection, name: str, values: np.ndarray, marked: np.ndarray) -> Finding:
        rest = np.delete(values, marked)
        low, high = float(np.nanmin(rest)), float(np.nanmax(rest))
        known = int(np.isfinite(values).sum())
        return flag_cells(
            inspection,
            marked,
            symptom="column_outliers",
            title=self.title,
            column=name,
            severity=by_share(len(marked), known, base=0.28, slope=3.0, cap=0.6),
            statement=f"{len(marked):,} of {known:,} values of {name!r} lie far from all others, such as "
            f"{values[marked[0]]:,.6g}; the others lie between {low:,.6g} and {high:,.6g}.",
            evidence={"rule": "beyond a gap", "value": float(values[marked[0]]), "threshold": self.ratio},
            advice="Look at these cells; correct or empty what is a mistake.",
            remedy=f"counts {len(marked):,} values as missing",
            confidence=0.8,
            total=known,
            edits=set_cells(inspection, name, marked, None),
        )


checks.register("column_outliers")(ColumnOutliers())
