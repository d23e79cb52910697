"""Series that stand still for a long stretch while others move: stuck sensors, dead channels, padding with zeros.

Rule: one exact value fills a large share of a channel, far more than is usual for that channel in this set. Sets in
which stretches are flat by nature (switches, counters) have a high usual share and stay silent.
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

__all__ = ["FlatSeries"]


@dataclass(frozen=True, kw_only=True)
class FlatSeries:
    """Compares the longest stretch of one value with the set, channel by channel."""

    share: float = 0.2  # of the series, above the channel's median
    z: float = 5.0  # standard deviations above the channel's median

    title: str = "series that stand still"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, share=(0, 1), z=(0, 1000))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = series_sides(inspection)
        for side, measures in looked:
            reference = looked[0][1].flat
            num_channels = reference.shape[1]
            z = [above(measures.flat[:, c], reference[:, c], least=0.02) for c in range(num_channels)]
            longer = measures.flat - np.nanmedian(reference, axis=0)
            stuck = (np.column_stack(z) >= self.z) & (longer >= self.share)
            marked = np.flatnonzero(single_cases(stuck.any(axis=1), side.classes))
            if not len(marked):
                continue
            shares = np.where(stuck, measures.flat, 0)[marked]
            worst = shares.max(axis=1)
            yield flag(
                side,
                marked,
                worst,
                symptom="flat_series",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.25, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} series hold one value for {np.median(worst):.0%} of their "
                f"steps; {np.nanmedian(reference):.0%} are usual.",
                whats=[_told(share, shares[i], num_channels) for i, share in enumerate(worst)],
                evidence={"rule": "longest flat stretch", "value": float(worst.min()), "threshold": self.share},
                advice="Look for a stuck sensor or padding with zeros; cut the stretch off or leave the series out.",
                confidence=0.95,
            )


def _told(share: float, shares: np.ndarray, num_channels: int) -> str:
    where = f" in channel {int(shares.argmax())}" if num_channels > 1 else ""
    return f"does not move at all{where}" if share >= 0.999 else f"stands still for {share:.0%} of its steps{where}"


checks.register("flat_series")(FlatSeries())
