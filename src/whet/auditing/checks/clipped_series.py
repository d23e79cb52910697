"""Series cut off at a rail: the sensor's range ended, and the peaks are flat.

Rule: several steps in a row stay at the highest or the lowest value of their series, for a larger share than is usual
in the set. What is flat for long stretches is told by another check.
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
from whet.auditing.media.standing_out import above, single_cases
from whet.finding import Finding

__all__ = ["ClippedSeries"]


@dataclass(frozen=True, kw_only=True)
class ClippedSeries:
    """Compares the share of steps at a rail with the set, channel by channel."""

    share: float = 0.04  # of the steps, above the channel's median
    z: float = 5.0  # standard deviations above the channel's median

    title: str = "series cut off at a rail"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, share=(0, 1), z=(0, 1000))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = series_sides(inspection)
        for side, measures in looked:
            reference = looked[0][1].rail
            channels = range(reference.shape[1])
            z = np.column_stack([above(measures.rail[:, c], reference[:, c], least=0.004) for c in channels])
            more = measures.rail - np.median(reference, axis=0)
            clipped = (z >= self.z) & (more >= self.share) & (measures.flat < measures.rail * 0.8)
            marked = np.flatnonzero(single_cases(clipped.any(axis=1), side.classes))
            if not len(marked):
                continue
            shares = np.where(clipped, measures.rail, 0)[marked].max(axis=1)
            yield flag(
                side,
                marked,
                shares,
                symptom="clipped_series",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.0),
                statement=f"{len(marked):,} of {len(side):,} series stay at their highest or lowest value for "
                f"{np.median(shares):.0%} of their steps; {np.median(reference):.1%} are usual.",
                whats=[f"at a rail for {v:.0%} of its steps" for v in shares],
                evidence={"rule": "steps at a rail", "value": float(shares.min()), "threshold": self.share},
                advice="Record with a wider range, or leave them out; what was cut off cannot be restored.",
                confidence=0.85,
            )


checks.register("clipped_series")(ClippedSeries())
