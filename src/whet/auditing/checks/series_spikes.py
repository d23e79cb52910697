"""Series with single steps far outside: transmission errors, sentinel values such as -999.

Rule: a step or two stand out from their neighbours by more than the series' own span, and several times as far as in
nine tenths of the set, whose series may well have peaks (heart beats do).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share, flag
from whet.auditing.media.series_measures import is_whole, series_sides, spiky
from whet.auditing.media.standing_out import single_cases
from whet.finding import Finding

__all__ = ["SeriesSpikes"]


@dataclass(frozen=True, kw_only=True)
class SeriesSpikes:
    """Compares the farthest step with the set, channel by channel."""

    spans: float = 1.0  # distance from the neighbours over the span of the series (5th to 95th percentile)
    times: float = 4.0  # what nine tenths of the set keep below, channel by channel

    title: str = "series with spikes"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, spans=(0, 1e6), times=(0, 1e6))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = series_sides(inspection)
        for side, measures in looked:
            told = spiky(measures, looked[0][1], spans=self.spans, times=self.times)
            told &= is_whole(measures, looked[0][1])
            marked = np.flatnonzero(single_cases(told, side.classes))
            if not len(marked):
                continue
            farthest = np.nan_to_num(measures.spike[marked]).max(axis=1)
            yield flag(
                side,
                marked,
                farthest,
                symptom="series_spikes",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} series have a step {np.median(farthest):.1f} times their "
                f"span away from its neighbours; {np.nanmedian(looked[0][1].spike):.2g} times is usual.",
                whats=[f"a step {v:.1f} spans away from its neighbours" for v in farthest],
                evidence={"rule": "isolated steps", "value": float(farthest.min()), "threshold": self.spans},
                advice="Look for sentinel values and transmission errors; replace such steps by their neighbours.",
                confidence=0.9,
            )


checks.register("series_spikes")(SeriesSpikes())
