"""Pictures far wider or higher than the others: banners, strips, crops gone wrong. Squeezed to the common shape, they
show something that no model will meet.

Rule: width over height is more than 2.5 times off the set's median (reference C1, odd aspect ratio), and stands out.
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
from whet.auditing.media.standing_out import above, below, single_cases
from whet.finding import Finding

__all__ = ["OddShapes"]


@dataclass(frozen=True, kw_only=True)
class OddShapes:
    """Compares the ratio of width to height with the median."""

    factor: float = 2.5
    z: float = 3.0  # standard deviations of the logarithm: where shapes range widely, long ones are no surprise

    title: str = "pictures of an odd shape"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, factor=(1, 1000), z=(0, 100))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = header_sides(inspection)
        for side, headers in looked:
            reference = np.log(looked[0][1].aspect)
            usual = float(np.exp(np.nanmedian(reference)))
            ratios = np.log(headers.aspect)
            off = np.nan_to_num(np.abs(ratios - np.log(usual)))
            z = np.maximum(above(ratios, reference, least=0.1), below(ratios, reference, least=0.1))
            marked = np.flatnonzero(single_cases((off >= np.log(self.factor)) & (z >= self.z), side.classes))
            if not len(marked):
                continue
            yield flag(
                side,
                marked,
                off[marked],
                symptom="odd_shapes",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} pictures are at least {np.exp(off[marked].min()):.1f} "
                f"times wider or higher than usual (width over height {usual:.2g}) and are squeezed to fit.",
                whats=[f"{headers.height[i]:.0f} x {headers.width[i]:.0f} pixels (height x width)" for i in marked],
                evidence={"rule": "C1", "value": float(np.exp(off[marked].min())), "threshold": self.factor},
                advice="Crop them to what the label is about, or leave them out.",
                confidence=0.95,
            )


checks.register("odd_shapes")(OddShapes())
