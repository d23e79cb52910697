"""Clipped sounds: the gain was too high, and peaks are cut off flat.

Rule: runs of three or more samples at the highest or lowest value make up more than a small share, and more than is
usual in the set. A sound clipped before it was turned down is found too.
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
from whet.auditing.media.standing_out import above, single_cases
from whet.finding import Finding

__all__ = ["ClippedSound"]


@dataclass(frozen=True, kw_only=True)
class ClippedSound:
    """Compares the share of samples in cut-off peaks."""

    share: float = 0.008  # of the samples; clean speech of FSDD stays below 0.006
    z: float = 5.0  # standard deviations of the set

    title: str = "sounds that are clipped"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, share=(0, 1), z=(0, 1000))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = sound_sides(inspection)
        for side, measures in looked:
            usual = looked[0][1]
            z = above(measures.clipped, usual.clipped, least=0.001)
            found = (measures.clipped >= self.share) & (z >= self.z) & (measures.level > -80)
            found &= is_long_enough(measures, usual)
            marked = np.flatnonzero(single_cases(found, side.classes))
            shares = measures.clipped[marked]
            if not len(marked):
                continue
            yield flag(
                side,
                marked,
                shares,
                symptom="clipped_sound",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} sounds are clipped: {np.median(shares):.1%} "
                f"of their samples lie in peaks that are cut off; {np.median(usual.clipped):.1%} are usual.",
                whats=[f"{v:.1%} of the samples in cut-off peaks" for v in shares],
                evidence={"rule": "cut-off peaks", "value": float(shares.min()), "threshold": self.share},
                advice="Record with less gain, or leave them out; what was cut off cannot be restored.",
                confidence=0.9,
            )


checks.register("clipped_sound")(ClippedSound())
