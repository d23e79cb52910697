"""Sounds around another level than zero: an offset from the sound card.

Rule: the mean sample is away from zero, by itself and against the loudness of the sound, and farther than is usual in
the set.
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

__all__ = ["SoundOffset"]


@dataclass(frozen=True, kw_only=True)
class SoundOffset:
    """Compares mean samples."""

    offset: float = 0.01  # of full scale
    relative: float = 0.15  # of the root mean square
    z: float = 5.0  # standard deviations of the set
    clipped: float = 0.05  # share of samples in cut-off peaks, from which clipping explains the mean

    title: str = "sounds with an offset"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, offset=(0, 1), relative=(0, 1e6), z=(0, 1000), clipped=(0, 1))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = sound_sides(inspection)
        for side, measures in looked:
            usual = looked[0][1]
            sizes = np.abs(measures.offset)
            loud = sizes >= self.relative * 10 ** (measures.level / 20)
            z = beyond(measures.offset, usual.offset, least=0.001)
            found = (sizes >= self.offset) & loud & (z >= self.z) & (measures.clipped < self.clipped)
            marked = np.flatnonzero(single_cases(found, side.classes))
            if not len(marked):
                continue
            yield flag(
                side,
                marked,
                sizes[marked],
                symptom="sound_offset",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.1, slope=2.0, cap=0.5),
                statement=f"{len(marked):,} of {len(side):,} sounds lie around "
                f"{np.median(sizes[marked]):.3f} of full scale instead of 0.",
                whats=[f"mean sample {v:+.3f}" for v in measures.offset[marked]],
                evidence={"rule": "mean sample", "value": float(sizes[marked].min()), "threshold": self.offset},
                advice="Take the mean off each sound.",
                confidence=0.95,
                drop=False,
            )


checks.register("sound_offset")(SoundOffset())
