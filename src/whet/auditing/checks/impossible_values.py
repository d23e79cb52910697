"""Numbers that cannot be: a negative age, a latitude beyond 90, a percentage of 130.

The name of the column says what it holds, the other values must bear it out: where many lie outside, the column means
something else (a change, a standardised value), and nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells, set_cells
from whet.auditing.columns.column_limits import limit_of
from whet.auditing.columns.placeholders import without_placeholders
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.data.kinds import Kind
from whet.finding import Finding

__all__ = ["ImpossibleValues"]


@dataclass(frozen=True, kw_only=True)
class ImpossibleValues:
    """Compares numbers with what their column's name promises."""

    most_share: float = 0.1  # outside the limits; with more the name means something else

    title: str = "values that cannot be"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for name in inspection.columns(Kind.NUMBER):
            limit = limit_of(name)
            if limit is None:
                continue
            values = without_placeholders(inspection, name)
            known = int(np.isfinite(values).sum())
            outside = np.flatnonzero((values < limit.low) | (values > limit.high))
            if not 0 < len(outside) <= self.most_share * known:
                continue
            worst = values[outside][np.argmax(np.maximum(limit.low - values[outside], values[outside] - limit.high))]
            allowed = f"at least {limit.low:g}" if limit.high == np.inf else f"between {limit.low:g} and {limit.high:g}"
            yield flag_cells(
                inspection,
                outside,
                symptom="impossible_values",
                title=self.title,
                column=name,
                severity=by_share(len(outside), known, base=0.4, slope=2.0),
                statement=f"{len(outside):,} of {known:,} values of {name!r} cannot be {limit.what}, such as "
                f"{worst:g}; the others are {allowed}.",
                evidence={"rule": limit.what, "value": float(worst), "threshold": allowed},
                advice="Correct these cells, or empty them.",
                remedy=f"counts {len(outside):,} values as missing",
                confidence=0.98 if limit.hard else 0.85,
                total=known,
                edits=set_cells(inspection, name, outside, None, certain=limit.hard),
            )


checks.register("impossible_values")(ImpossibleValues())
