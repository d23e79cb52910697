"""Series much shorter or longer than the others: recordings broken off, or two run together.

Rule: less than half or more than twice the median length, and outside what is usual in a set of varying lengths; where
all others are equally long, any other length.
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
from whet.auditing.media.standing_out import beyond, single_cases
from whet.finding import Finding

__all__ = ["SeriesLengths"]


@dataclass(frozen=True, kw_only=True)
class SeriesLengths:
    """Compares the length up to the last known step."""

    factor: float = 2.0  # off the median length
    z: float = 4.0  # standard deviations of the logarithm
    equal: float = 0.9  # share of series of one length from which any other length is odd

    title: str = "series of an odd length"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, factor=(1, 1e6), z=(0, 1000), equal=(0.5, 1))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = series_sides(inspection)
        reference = looked[0][1].length.max(axis=1) if looked else np.zeros(0)
        for side, measures in looked:
            lengths = measures.length.max(axis=1)
            found, usual = self._odd(lengths, reference)
            marked = np.flatnonzero(single_cases(found, side.classes))
            if not len(marked):
                continue
            off = np.abs(np.log(np.maximum(lengths[marked], 1) / usual))
            low, high = lengths[marked].min(), lengths[marked].max()
            told = f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
            yield flag(
                side,
                marked,
                off,
                symptom="series_lengths",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.0),
                statement=f"{len(marked):,} of {len(side):,} series have {told} steps; {usual:.0f} are usual.",
                whats=[f"{v:.0f} steps" for v in lengths[marked]],
                evidence={"rule": "length", "value": float(np.exp(off.max())), "threshold": self.factor},
                advice="Look for recordings that broke off or ran together; record them again or leave them out.",
                confidence=0.9,
            )

    def _odd(self, lengths: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, float]:
        """(M,) bool and the usual length."""
        values, counts = np.unique(reference, return_counts=True)
        if counts.max() >= self.equal * len(reference):
            usual = float(values[counts.argmax()])
            return lengths != usual, usual
        usual = float(np.median(reference))
        logs, others = np.log(np.maximum(lengths, 1)), np.log(np.maximum(reference, 1))
        far = np.abs(logs - np.log(max(usual, 1))) >= np.log(self.factor)
        return far & (beyond(logs, others, least=0.02) >= self.z), usual


checks.register("series_lengths")(SeriesLengths())
