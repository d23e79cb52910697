"""Sounds much shorter or longer than the others: broken off, never stopped, several in one file.

Rule: less than a quarter or more than four times the median length, and outside what is usual in the set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share, flag
from whet.auditing.media.sound_measures import sound_sides
from whet.auditing.media.standing_out import beyond, single_cases
from whet.finding import Finding

__all__ = ["SoundLengths"]


@dataclass(frozen=True, kw_only=True)
class SoundLengths:
    """Compares the logarithm of the seconds."""

    factor: float = 4.0  # off the median length
    z: float = 3.5  # standard deviations of the set

    title: str = "sounds of an odd length"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, factor=(1, 1e6), z=(0, 1000))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = sound_sides(inspection)
        for side, measures in looked:
            usual = looked[0][1]
            middle = float(np.median(usual.seconds))
            logs, others = (np.log(np.maximum(m.seconds, 1e-6)) for m in (measures, usual))
            off = np.abs(logs - np.log(middle))
            found = (off >= np.log(self.factor)) & (beyond(logs, others, least=0.02) >= self.z)
            marked = np.flatnonzero(single_cases(found, side.classes))
            if not len(marked):
                continue
            yield flag(
                side,
                marked,
                off[marked],
                symptom="sound_lengths",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} sounds are more than {self.factor:g} times "
                f"shorter or longer than the median of {middle:.3g} s.",
                whats=[f"{v:.3g} s" for v in measures.seconds[marked]],
                evidence={"rule": "length", "value": float(np.exp(off[marked].min())), "threshold": self.factor},
                advice="Cut long ones and look for recordings that broke off.",
                confidence=0.9,
            )


checks.register("sound_lengths")(SoundLengths())
