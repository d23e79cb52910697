"""Number columns with a very long tail: a linear model or a network sees little but the tail.

Helps to know: networks and linear models on raw numbers. Does not matter: boosted trees, and encoders that use ranks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.columns.placeholders import without_placeholders
from whet.auditing.inspection import Inspection
from whet.data.kinds import Kind, Modality
from whet.finding import Finding

__all__ = ["SkewedColumns"]

FEWEST = 100  # values


@dataclass(frozen=True, kw_only=True)
class SkewedColumns:
    """Compares the two sides of the middle, among the values that are not the commonest one."""

    ratio: float = 8.0  # upper to lower side, 10th to 90th percentile; 3.6 in a standard log-normal distribution

    title: str = "columns with a very long tail"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if inspection.modality is not Modality.TABLE:
            return
        for name in inspection.columns(Kind.NUMBER):
            values = without_placeholders(inspection, name)
            known = values[np.isfinite(values)]
            if len(known):
                known = known[known != np.median(known)] if (known == np.median(known)).mean() > 0.5 else known
            if len(known) < FEWEST or known.min() < 0:
                continue
            low, middle, high = np.quantile(known, [0.1, 0.5, 0.9])
            found = float((high - middle) / max(middle - low, 1e-12)) if middle > low else 0.0
            if found < self.ratio:
                continue
            yield Finding(
                symptom="skewed_columns",
                title=self.title,
                severity=0.2,
                statement=f"{name!r} has a very long tail: half of it lies below {middle:,.6g}, the highest tenth "
                f"above {high:,.6g}.",
                evidence={"rule": "upper over lower side", "value": found, "threshold": self.ratio},
                column=name,
                count=int((known > high).sum()),
                total=len(known),
                confidence=1.0,
                remedy="reads its ranks, or scales it by its middle half",
                advice="Take the logarithm of this column before a linear model or a network reads it.",
            )


checks.register("skewed_columns")(SkewedColumns())
