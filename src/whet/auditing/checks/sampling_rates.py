"""Sounds at different sampling rates: other devices, other sources, and other bands that a model can tell apart.

Rule: the rate in the header differs from the most common one. Moderate where one class has most of them, for then the
rate gives the label away. A wrong rate in the header itself is not found here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import flag
from whet.auditing.media.odd_headers import odd_headers
from whet.finding import Finding

__all__ = ["SamplingRates"]


@dataclass(frozen=True, kw_only=True)
class SamplingRates:
    """Compares the headers with the most common one of the training part."""

    share: float = 0.0  # of the sounds that may differ

    title: str = "sounds at different sampling rates"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, share=(0, 1))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for odd in odd_headers(inspection, lambda measures: measures.rate, share=self.share):
            yield flag(
                odd.side,
                odd.marked,
                np.abs(odd.values - odd.usual),
                symptom="sampling_rates",
                title=self.title,
                severity=0.45 if odd.tied else 0.2,
                statement=f"{len(odd.marked):,} of {len(odd.side):,} sounds are at "
                f"{odd.values.min():,.0f} to {odd.values.max():,.0f} Hz instead of {odd.usual:,.0f} Hz.{odd.remark}",
                whats=[f"{v:,.0f} Hz" for v in odd.values],
                evidence={"rule": "header", "value": odd.share, "threshold": self.share},
                advice="Resample all sounds to the lowest rate, so that the band does not stand for the label.",
                confidence=0.99,
                drop=False,
            )


checks.register("sampling_rates")(SamplingRates())
