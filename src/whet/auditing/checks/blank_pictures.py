"""Pictures that show nothing: one colour from edge to edge. They teach a model the label of nothing.

Rule: next to no contrast in any channel (reference C1, low information, with an absolute bound); a picture must be
blank by itself, whatever the others are. Severe from about a tenth of the pictures.
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
from whet.finding import Finding

__all__ = ["BlankPictures"]


@dataclass(frozen=True, kw_only=True)
class BlankPictures:
    """Looks at the contrast of each picture."""

    contrast: float = 1.0  # grey levels of standard deviation; the faintest real photograph of CIFAR-10 has 13
    span: float = 6.0  # grey levels between the 1st and the 99th percentile

    title: str = "pictures that are blank"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, contrast=(0, 255), span=(0, 255))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for side, measures in picture_sides(inspection):
            blank = (measures.contrast <= self.contrast) & (measures.p99 - measures.p1 <= self.span)
            marked = np.flatnonzero(blank)
            if not len(marked):
                continue
            yield flag(
                side,
                marked,
                -measures.contrast[marked],
                symptom="blank_pictures",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.35, slope=3.5, cap=0.9),
                statement=f"{len(marked):,} of {len(side):,} pictures show one even colour and nothing else.",
                whats=[f"even grey level {g:.0f} of 255" for g in measures.mean[marked]],
                evidence={"rule": "C1", "value": float(measures.contrast[marked].max()), "threshold": self.contrast},
                advice="Look at where they come from (failed downloads, closed shutters) and leave them out.",
                confidence=0.99,
                certain=True,
            )


checks.register("blank_pictures")(BlankPictures())
