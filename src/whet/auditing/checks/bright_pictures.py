"""Over-exposed pictures: nearly all of the picture is white, in a set where others are not.

Rule: the darkest twentieth of the picture is light (reference C1), or the average is next to white; and either is far
above what is usual in the set. Drawings on white ground, or classes shot before white, are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share, flag
from whet.auditing.media.picture_measures import PictureMeasures, picture_sides
from whet.auditing.media.standing_out import above, single_cases
from whet.finding import Finding

__all__ = ["BrightPictures"]


@dataclass(frozen=True, kw_only=True)
class BrightPictures:
    """Compares average and 5th percentile of grey with bounds and with the set."""

    darkest: float = 165.0  # 5th percentile, grey level; CIFAR-10's lightest thousandth is at 159
    mean: float = 230.0  # grey level; CIFAR-10's lightest thousandth is at 225
    z: float = 3.0  # standard deviations above the set's median

    title: str = "pictures that are over-exposed"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, darkest=(0, 255), mean=(0, 255), z=(0, 100))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = picture_sides(inspection)
        for side, measures in looked:
            found = self._found(measures, looked[0][1]) & (measures.contrast > 1.0)
            marked = np.flatnonzero(single_cases(found, side.classes))
            if not len(marked):
                continue
            levels = measures.mean[marked]
            yield flag(
                side,
                marked,
                levels,
                symptom="bright_pictures",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} pictures are nearly white: their average grey level is "
                f"{np.median(levels):.0f} of 255, that of the others {np.median(measures.mean):.0f}.",
                whats=[f"average grey level {v:.0f} of 255" for v in levels],
                evidence={"rule": "C1", "value": float(levels.min()), "threshold": self.mean},
                advice="Take them again or leave them out; if the model will meet such pictures, keep them and train "
                "with changes of brightness.",
                confidence=0.85,
            )

    def _found(self, measures: PictureMeasures, usual: PictureMeasures) -> np.ndarray:
        pale = (measures.p5 >= self.darkest) & (above(measures.p5, usual.p5, least=15.0) >= self.z)
        white = (measures.mean >= self.mean) & (above(measures.mean, usual.mean, least=15.0) >= self.z)
        return np.asarray(pale | white)


checks.register("bright_pictures")(BrightPictures())
