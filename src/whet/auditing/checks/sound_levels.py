"""Sounds far quieter or louder than the others: a microphone far away, a gain set wrong.

Rule: the level is off by a large factor and stands out in the set. Sounds that are silent are told by another check.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share, flag
from whet.auditing.media.sound_measures import is_long_enough, sound_sides
from whet.auditing.media.standing_out import beyond, single_cases
from whet.finding import Finding

__all__ = ["SoundLevels"]


@dataclass(frozen=True, kw_only=True)
class SoundLevels:
    """Compares levels in dB."""

    decibels: float = 25.0  # off the median; 20 is a factor of ten
    z: float = 3.0  # standard deviations of the set

    title: str = "sounds of another level"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, decibels=(0, 200), z=(0, 1000))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = sound_sides(inspection)
        for side, measures in looked:
            usual = looked[0][1]
            away = measures.level - np.median(usual.level)
            z = beyond(measures.level, usual.level, least=2.0)
            found = (np.abs(away) >= self.decibels) & (z >= self.z) & (measures.level > -80)  # below is silence
            found &= is_long_enough(measures, usual)
            marked = np.flatnonzero(single_cases(found, side.classes))
            if not len(marked):
                continue
            yield flag(
                side,
                marked,
                np.abs(away[marked]),
                symptom="sound_levels",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} sounds are {np.median(np.abs(away[marked])):.0f} dB "
                "quieter or louder than is usual in this set.",
                whats=[f"{abs(v):.0f} dB {'louder' if v > 0 else 'quieter'} than usual" for v in away[marked]],
                evidence={"rule": "level", "value": float(np.abs(away[marked]).min()), "threshold": self.decibels},
                advice="Bring all sounds to one level before training, or leave these out where only noise is left.",
                confidence=0.85,
                drop=False,
            )


checks.register("sound_levels")(SoundLevels())
