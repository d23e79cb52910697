"""Series with holes: stretches of missing steps between known ones, or a channel without a single value.

Rule: the missing share inside a series is well above what is usual in the set. Steps missing after the end are no
gap: series may differ in length. Filled gaps look like data to a model, and where they fall may depend on the label.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share, flag
from whet.auditing.media.series_measures import series_sides
from whet.finding import Finding

__all__ = ["SeriesGaps"]


@dataclass(frozen=True, kw_only=True)
class SeriesGaps:
    """Compares the missing share of the worst channel with the set's median."""

    share: float = 0.02  # of the steps, above the usual share; less is filled without harm

    title: str = "series with gaps"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, share=(0, 1))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = series_sides(inspection)
        for side, measures in looked:
            above = measures.missing - np.median(looked[0][1].missing, axis=0)
            worst = above.max(axis=1)
            marked = np.flatnonzero(worst > self.share)
            if not len(marked):
                continue
            lost, gaps = measures.missing[marked].max(axis=1), measures.gap[marked].max(axis=1)
            yield flag(
                side,
                marked,
                worst[marked],
                symptom="series_gaps",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.15 + 0.3 * float(np.median(lost)), slope=1.5),
                statement=f"{len(marked):,} of {len(side):,} series have gaps: {np.median(lost):.0%} of their steps "
                f"are missing by the median, {lost.max():.0%} at worst.",
                whats=[f"{m:.0%} missing, longest gap {g:.0%} of the series" for m, g in zip(lost, gaps, strict=True)],
                evidence={"rule": "missing share", "value": float(worst.max()), "threshold": self.share},
                advice="Find out why values are missing; where a large part is, leave the series out.",
                confidence=0.99,
            )


checks.register("series_gaps")(SeriesGaps())
