"""Pictures with hardly any contrast, as through fog or from a broken conversion of 16 bits, where others have plenty.

Rule: the span of grey is small by itself and small against the set's median; neither nearly black nor nearly white,
which are told apart by other checks.
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

__all__ = ["FaintPictures"]


@dataclass(frozen=True, kw_only=True)
class FaintPictures:
    """Compares the span between the 1st and the 99th percentile of grey."""

    span: float = 48.0  # grey levels
    ratio: float = 0.35  # of the set's median span

    title: str = "pictures with hardly any contrast"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, span=(0, 255), ratio=(0, 1))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = picture_sides(inspection)
        for side, measures in looked:
            usual = float(np.median(looked[0][1].p99 - looked[0][1].p1))
            spans = measures.p99 - measures.p1
            bound = min(self.span, self.ratio * usual)
            middling = (measures.p99 > 82) & (measures.mean < 230) & (measures.p5 < 165) & (measures.contrast > 1.0)
            marked = np.flatnonzero(single_cases((spans <= bound) & middling, side.classes))
            if not len(marked):
                continue
            yield flag(
                side,
                marked,
                -spans[marked],
                symptom="faint_pictures",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} pictures span {np.median(spans[marked]):.0f} grey levels "
                f"of 255, the others {usual:.0f}.",
                whats=[f"spans {v:.0f} grey levels of 255" for v in spans[marked]],
                evidence={"rule": "C1", "value": float(spans[marked].max()), "threshold": bound},
                advice="See how they were made or converted; stretch their contrast or leave them out.",
                confidence=0.8,
            )


checks.register("faint_pictures")(FaintPictures())
