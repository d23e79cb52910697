"""A few grey pictures among colour ones, or the reverse: another camera, another source, and a hint that a model can
learn instead of what is shown.

Rule: the rarer kind makes up at most a tenth (reference C1, greyscale). Moderate where one class has most of them,
for then greyness gives the label away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import flag
from whet.auditing.media.picture_headers import header_sides
from whet.auditing.media.picture_measures import picture_sides
from whet.auditing.media.sides import Side
from whet.auditing.media.tied_class import tied_class
from whet.finding import Finding

__all__ = ["ColourMix"]


@dataclass(frozen=True, kw_only=True)
class ColourMix:
    """Looks at the distance between the channels, or at the mode of the file where pictures were decoded as grey."""

    share: float = 0.1  # the most that the rarer kind may have of the whole; more is a set of both kinds
    levels: float = 3.0  # grey levels between the channels that a grey picture saved in colour may have

    title: str = "grey pictures among colour ones"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, share=(0, 0.5), levels=(0, 255))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for side, is_grey in self._looked(inspection):
            mostly_grey = is_grey.mean() > 0.5
            marked = np.flatnonzero(~is_grey if mostly_grey else is_grey)
            if not len(marked) or len(marked) > self.share * len(side):
                continue
            odd, others = ("in colour", "grey") if mostly_grey else ("grey", "in colour")
            one_class = tied_class(side, marked)
            tied = f" {one_class[1]:.0%} of them are of class {one_class[0]!r}." if one_class else ""
            yield flag(
                side,
                marked,
                np.zeros(len(marked)),
                symptom="colour_mix",
                title="colour pictures among grey ones" if mostly_grey else self.title,
                severity=0.4 if one_class else 0.15,
                statement=f"{len(marked):,} of {len(side):,} pictures are {odd}, the others {others}.{tied}",
                whats=[odd] * len(marked),
                evidence={"rule": "C1", "value": len(marked) / len(side), "threshold": self.share},
                advice="Check their source; train on grey copies of all, or with random greying, so that colour does "
                "not stand for the label.",
                confidence=0.97,
                drop=False,
            )

    def _looked(self, inspection: Inspection) -> list[tuple[Side, np.ndarray]]:
        looked = picture_sides(inspection)
        if looked and inspection.data.schema.features[0].image_size[2] == 1:  # colour is gone from the pixels
            return [(side, ~(headers.is_grey == 0)) for side, headers in header_sides(inspection)]
        return [(side, measures.colour <= self.levels) for side, measures in looked]


checks.register("colour_mix")(ColourMix())
