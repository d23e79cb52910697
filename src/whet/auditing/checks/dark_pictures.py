"""Pictures so dark that little can be seen, in a set where others are not.

Rule: even the brightest hundredth of the picture is dark (reference C1), and far darker than that of the others; where
a whole class is dark, or the whole set, nothing is said. White strokes on black ground are not dark: strokes count.
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
from whet.auditing.media.standing_out import single_cases
from whet.finding import Finding

__all__ = ["DarkPictures"]


@dataclass(frozen=True, kw_only=True)
class DarkPictures:
    """Compares the 99th percentile of grey with a bound and with the set's median."""

    brightest: float = 82.0  # grey level; CleanVision's 0.32 of full scale. CIFAR-10's darkest thousandth is at 91
    ratio: float = 0.5  # of the set's median

    title: str = "pictures that are too dark"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, brightest=(0, 255), ratio=(0, 1))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = picture_sides(inspection)
        for side, measures in looked:
            bound = min(self.brightest, self.ratio * float(np.median(looked[0][1].p99)))
            seen = measures.contrast > 1.0  # what is blank is told by another check
            marked = np.flatnonzero(single_cases((measures.p99 <= bound) & seen, side.classes))
            if not len(marked):
                continue
            levels = measures.p99[marked]
            yield flag(
                side,
                marked,
                -levels,
                symptom="dark_pictures",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} pictures are nearly black: their brightest parts are at "
                f"grey level {np.median(levels):.0f} of 255, those of the others at {np.median(measures.p99):.0f}.",
                whats=[f"brightest part at grey level {v:.0f} of 255" for v in levels],
                evidence={"rule": "C1", "value": float(levels.max()), "threshold": bound},
                advice="Brighten or take them again, or leave them out; if the model will meet such pictures, keep "
                "them and train with changes of brightness.",
                confidence=0.9,
            )


checks.register("dark_pictures")(DarkPictures())
