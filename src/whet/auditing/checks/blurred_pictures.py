"""Blurred pictures, in a set where others are sharp.

Rule: fine detail is missing against the next coarser detail, by itself and against the set (see
``whet.auditing.media.picture_measures``); a plain picture, such as a bird in the sky, has sharp edges and is left
alone.
Measured at training size: blur that scaling down hides does no harm and is not told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share, flag
from whet.auditing.media.picture_measures import picture_sides
from whet.auditing.media.standing_out import below, single_cases
from whet.finding import Finding

__all__ = ["BlurredPictures"]


@dataclass(frozen=True, kw_only=True)
class BlurredPictures:
    """Compares sharpness with a bound and with the set."""

    sharpness: float = -1.55  # logarithm; photographs lie near -0.9, Gaussian blur of one pixel brings them to -1.7
    z: float = 3.6  # standard deviations below the set's median; CIFAR-10's least sharp of 4,000 is at 3.4

    title: str = "pictures that are blurred"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, sharpness=(-10, 10), z=(0, 100))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = picture_sides(inspection)
        for side, measures in looked:
            z = below(measures.sharpness, looked[0][1].sharpness, least=0.08)
            plain = below(measures.detail, looked[0][1].detail, least=0.1)
            seen = measures.p99 - measures.p1 > 15  # with less contrast, rounding hides what detail there is
            found = (measures.sharpness <= self.sharpness) & (z >= self.z) & (plain >= 1.0) & seen
            marked = np.flatnonzero(single_cases(found, side.classes))
            if not len(marked):
                continue
            yield flag(
                side,
                marked,
                z[marked] + plain[marked],
                symptom="blurred_pictures",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} pictures lack fine detail: they are "
                f"{np.median(z[marked]):.1f} standard deviations less sharp than is usual in this set.",
                whats=[f"{v:.1f} standard deviations less sharp than usual" for v in z[marked]],
                evidence={"rule": "C1", "value": float(z[marked].min()), "threshold": self.z},
                advice="Take them again or leave them out; if the model will meet such pictures, keep them.",
                confidence=0.85,
            )


checks.register("blurred_pictures")(BlurredPictures())
