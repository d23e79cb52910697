"""Sounds without the upper part of the spectrum: resampled from a lower rate, or from a telephone.

Rule: the highest frequency that is reached is well below that of the others at the same rate. A model hears such a
source, not what is said.
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
from whet.auditing.media.standing_out import below, single_cases
from whet.finding import Finding

__all__ = ["NarrowSound"]


@dataclass(frozen=True, kw_only=True)
class NarrowSound:
    """Compares the band as a share of half the rate."""

    ratio: float = 0.8  # of the usual band
    z: float = 5.0  # standard deviations of the set

    title: str = "sounds of a narrow band"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, ratio=(0, 1), z=(0, 1000))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = sound_sides(inspection)
        for side, measures in looked:
            usual = looked[0][1]
            reached, others = measures.band * measures.rate / 2, usual.band * usual.rate / 2  # Hz
            middle = float(np.nanmedian(others))
            same = (measures.rate >= np.median(usual.rate)) & (measures.level > -80)  # a lower rate is told elsewhere
            found = (reached <= self.ratio * middle) & (below(reached / middle, others / middle, least=0.03) >= self.z)
            marked = np.flatnonzero(single_cases(found & same, side.classes))
            tops = reached[marked]
            if not len(marked):
                continue
            yield flag(
                side,
                marked,
                -tops,
                symptom="narrow_sound",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} sounds end at {np.median(tops):,.0f} Hz; "
                f"{middle:,.0f} Hz are usual.",
                whats=[f"nothing above {v:,.0f} Hz" for v in tops],
                evidence={"rule": "band", "value": float(tops.max()), "threshold": self.ratio * middle},
                advice="Fetch the originals, or cut all sounds to the same band.",
                confidence=0.85,
            )


checks.register("narrow_sound")(NarrowSound())
