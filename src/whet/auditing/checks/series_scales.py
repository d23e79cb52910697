"""Series in another unit or with another gain: many times the height of the others of their class, or far off in level.

Rule: spread or level of a channel is off by a factor and stands out against the departures usual within classes, or
within the set without classes. Series brought to equal scale beforehand cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.departures import departures
from whet.auditing.media.flagging import by_share, flag
from whet.auditing.media.series_measures import SeriesMeasures, is_whole, series_sides, spiky
from whet.auditing.media.sides import Side
from whet.auditing.media.standing_out import beyond
from whet.finding import Finding

__all__ = ["SeriesScales"]

_Looked = list[tuple[Side, SeriesMeasures]]


@dataclass(frozen=True, kw_only=True)
class SeriesScales:
    """Compares spread (as a logarithm) and mean of each channel."""

    factor: float = 5.0  # of the usual spread; unit errors are 10 or more, those of 3.3 (feet) are missed
    offset: float = 6.0  # usual spreads by which the level is off
    z: float = 6.0  # standard deviations within the class

    title: str = "series of another scale or level"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, factor=(1, 1e9), offset=(0, 1e9), z=(0, 1000))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = series_sides(inspection)
        if not looked:
            return
        found = [np.zeros((len(side), 2)) for side, _ in looked]  # how far off: orders of magnitude, spreads
        for channel in range(looked[0][1].mean.shape[1]):
            for far, more in zip(found, self._far(looked, channel), strict=True):
                np.maximum(far, more, out=far)
        for (side, measures), far in zip(looked, found, strict=True):
            whole = is_whole(measures, looked[0][1]) & ~spiky(measures, looked[0][1])
            marked = np.flatnonzero(far.any(axis=1) & whole)
            if not len(marked) or len(marked) > 0.2 * len(side):  # so many are another kind, not a fault
                continue
            yield flag(
                side,
                marked,
                far[marked].max(axis=1),
                symptom="series_scales",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} series differ from the others of their kind by "
                f"{_told(far[marked].max(axis=0))} at most.",
                whats=[_told(f) for f in far[marked]],
                evidence={"rule": "unit", "value": float(10 ** far[marked, 0].max()), "threshold": self.factor},
                advice="Look for another unit, gain or sensor; bring them to the unit of the others.",
                confidence=0.85,
            )

    def _far(self, looked: _Looked, channel: int) -> list[np.ndarray]:
        """For each side (M, 2): orders of magnitude of the spread, spreads of the level; 0 where usual."""
        spreads = [(side, _log10(m.spread[:, channel])) for side, m in looked]
        heights = departures(spreads)
        whole = float(np.nanmedian(looked[0][1].spread[:, channel]))
        levels = []
        for (side, measures), (_, spread), height in zip(looked, spreads, heights, strict=True):
            own = np.nan_to_num(10 ** (spread - height), nan=whole)  # the usual spread of the class
            levels.append((side, measures.mean[:, channel] / np.maximum(own, 1e-12)))
        offsets = departures(levels)
        told = [_kept(away, heights[0], 0.03, np.log10(self.factor), self.z) for away in heights]
        more = [_kept(away, offsets[0], 0.1, self.offset, self.z) for away in offsets]
        return [np.column_stack(pair) for pair in zip(told, more, strict=True)]


def _kept(away: np.ndarray, reference: np.ndarray, least: float, bound: float, z: float) -> np.ndarray:
    size = np.nan_to_num(np.abs(away))
    return np.where((size >= bound) & (beyond(away, reference, least=least) >= z), size, 0.0)


def _log10(spread: np.ndarray) -> np.ndarray:
    """NaN for series without any spread, which another check tells."""
    return np.where(spread > 0, np.log10(np.where(spread > 0, spread, 1)), np.nan)


def _told(far: np.ndarray) -> str:
    parts = [f"a factor of {10 ** far[0]:.3g} in height"] if far[0] else []
    parts += [f"{far[1]:.3g} times the usual spread in level"] if far[1] else []
    return " and ".join(parts)


checks.register("series_scales")(SeriesScales())
