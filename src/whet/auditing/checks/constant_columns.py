"""Columns that (nearly) always hold the same value, or nothing: they tell a model nothing and are left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.data.columns import CategoryColumn, ColumnData, DateColumn, NumberColumn
from whet.data.kinds import Modality
from whet.finding import Edit, Finding

__all__ = ["ConstantColumns"]

FEWEST = 1000  # examples; with fewer, one other value in a thousand says nothing


@dataclass(frozen=True, kw_only=True)
class ConstantColumns:
    """Looks at what reading left out as constant, and for columns that are nearly so."""

    share: float = 0.999  # of one value, from which a column is nearly constant

    title: str = "columns that never change"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if inspection.modality is not Modality.TABLE:
            return
        for left in inspection.data.schema.ignored:
            if left.why.startswith(("constant", "every value is missing")):
                yield self._finding(inspection, left.name, left.why, 1.0)
        if len(inspection.data) < FEWEST:
            return
        for name, column in inspection.data.columns.items():
            found = _commonest(column)
            if found is not None and found >= self.share:
                yield self._finding(inspection, name, f"{found:.2%} of its values are the same", found)

    def _finding(self, inspection: Inspection, name: str, why: str, share: float) -> Finding:
        return Finding(
            symptom="constant_columns",
            title=self.title,
            severity=0.1,
            statement=f"{name!r} tells nothing: {why}.",
            evidence={"rule": "share of the commonest value", "value": share, "threshold": self.share},
            column=name,
            count=round(share * len(inspection.data)),
            total=len(inspection.data),
            confidence=1.0,
            remedy="leaves the column out",
            advice="Leave the column out, or find out why it does not change.",
            edits=(Edit(action="drop_column", column=name, certain=share == 1.0),),
        )


def _commonest(column: ColumnData) -> float | None:
    """Share of the most frequent value among those known; None for kinds without repeated values."""
    match column:
        case NumberColumn(values) | DateColumn(values):
            known = values[np.isfinite(values)]
            middle = float(np.median(known)) if len(known) else np.nan  # a value of 99.9 % is the median too
            return float((known == middle).mean()) if len(known) else 0.0
        case CategoryColumn(codes=codes):
            return float(np.bincount(codes[codes >= 0], minlength=1).max() / max((codes >= 0).sum(), 1))
        case _:
            return None


checks.register("constant_columns")(ConstantColumns())
