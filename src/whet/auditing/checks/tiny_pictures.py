"""Pictures much smaller than the others: thumbnails and icons, blown up to training size.

Rule: below a quarter of the set's median side, or below 16 pixels where others have more than twice that (reference
C1, odd size). Sizes are those of the files; arrays are all of one size.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share, flag
from whet.auditing.media.picture_headers import header_sides
from whet.auditing.media.standing_out import below, single_cases
from whet.finding import Finding

__all__ = ["TinyPictures"]


@dataclass(frozen=True, kw_only=True)
class TinyPictures:
    """Compares the side (root of the area) with the median."""

    ratio: float = 0.26  # of the median side, which a quarter after rounding still meets
    pixels: float = 16.0  # a side in which little can be told
    z: float = 3.0  # standard deviations of the logarithm: where sizes range widely, small ones are no surprise

    title: str = "pictures that are tiny"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, ratio=(0, 1), pixels=(0, 1000), z=(0, 100))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = header_sides(inspection)
        for side, headers in looked:
            usual = float(np.nanmedian(looked[0][1].side))
            small = (headers.side <= self.ratio * usual) | ((headers.side < self.pixels) & (2 * headers.side < usual))
            z = below(np.log(headers.side), np.log(looked[0][1].side), least=0.1)
            marked = np.flatnonzero(single_cases(small & (z >= self.z), side.classes))
            if not len(marked):
                continue
            yield flag(
                side,
                marked,
                -headers.side[marked],
                symptom="tiny_pictures",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} pictures have a side of "
                f"{self._range(headers.side[marked])} pixels; {usual:.0f} are usual.",
                whats=[f"{headers.height[i]:.0f} x {headers.width[i]:.0f} pixels" for i in marked],
                evidence={"rule": "C1", "value": float(headers.side[marked].max()), "threshold": self.ratio * usual},
                advice="Fetch the full-size originals, or leave them out.",
                confidence=0.95,
            )

    def _range(self, sides: np.ndarray) -> str:
        low, high = f"{sides.min():.0f}", f"{sides.max():.0f}"
        return low if low == high else f"{low} to {high}"


checks.register("tiny_pictures")(TinyPictures())
