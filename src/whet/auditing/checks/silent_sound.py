"""Sounds that hold nothing: digital silence, or a rest of a few steps of 16 bits.

Rule: the level is next to nothing, offset taken off. A sound must be silent by itself, whatever the others are.
Severe from about a tenth of the sounds.
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
from whet.finding import Finding

__all__ = ["SilentSound"]


@dataclass(frozen=True, kw_only=True)
class SilentSound:
    """Looks at the level of each sound."""

    level: float = -80.0  # dB of full scale; a recorded quiet room lies above -75

    title: str = "sounds that are silent"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, level=(-200, 0))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for side, measures in sound_sides(inspection):
            marked = np.flatnonzero(measures.level <= self.level)
            if not len(marked):
                continue
            yield flag(
                side,
                marked,
                -measures.level[marked],
                symptom="silent_sound",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.35, slope=3.5, cap=0.9),
                statement=f"{len(marked):,} of {len(side):,} sounds are silent from beginning to end.",
                whats=[f"level {v:.0f} dB of full scale" for v in measures.level[marked]],
                evidence={"rule": "level", "value": float(measures.level[marked].max()), "threshold": self.level},
                advice="Look for muted microphones and failed exports, and leave them out.",
                confidence=0.99,
                certain=True,
            )


checks.register("silent_sound")(SilentSound())
