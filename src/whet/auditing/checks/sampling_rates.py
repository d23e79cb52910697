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
from whet.auditing.media.sound_measures import sound_sides
from whet.auditing.media.tied_class import tied_class
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
        looked = sound_sides(inspection)
        for side, measures in looked:
            values, counts = np.unique(looked[0][1].rate, return_counts=True)
            usual = float(values[counts.argmax()])
            marked = np.flatnonzero(measures.rate != usual)
            if len(marked) <= self.share * len(side):
                continue
            tied = tied_class(side, marked)
            told = f" {tied[1]:.0%} of them are of class {tied[0]!r}." if tied else ""
            others = measures.rate[marked]
            yield flag(
                side,
                marked,
                np.abs(others - usual),
                symptom="sampling_rates",
                title=self.title,
                severity=0.45 if tied else 0.2,
                statement=f"{len(marked):,} of {len(side):,} sounds are at "
                f"{others.min():,.0f} to {others.max():,.0f} Hz instead of {usual:,.0f} Hz.{told}",
                whats=[f"{v:,.0f} Hz" for v in others],
                evidence={"rule": "header", "value": len(marked) / len(side), "threshold": self.share},
                advice="Resample all sounds to the lowest rate, so that the band does not stand for the label.",
                confidence=0.99,
                drop=False,
            )


checks.register("sampling_rates")(SamplingRates())
