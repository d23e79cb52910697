"""Stereo sounds among mono ones, or the reverse: another device or source. Whet mixes all channels down.

Rule: the number of channels differs from the most common one. Moderate where one class has most of them.
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

__all__ = ["ChannelMix"]


@dataclass(frozen=True, kw_only=True)
class ChannelMix:
    """Compares the headers with the most common one of the training part."""

    share: float = 0.0  # of the sounds that may differ

    title: str = "sounds with different numbers of channels"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, share=(0, 1))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = sound_sides(inspection)
        for side, measures in looked:
            values, counts = np.unique(looked[0][1].channels, return_counts=True)
            usual = float(values[counts.argmax()])
            marked = np.flatnonzero(measures.channels != usual)
            if len(marked) <= self.share * len(side):
                continue
            tied = tied_class(side, marked)
            told = f" {tied[1]:.0%} of them are of class {tied[0]!r}." if tied else ""
            others = measures.channels[marked]
            yield flag(
                side,
                marked,
                np.abs(others - usual),
                symptom="channel_mix",
                title=self.title,
                severity=0.35 if tied else 0.12,
                statement=f"{len(marked):,} of {len(side):,} sounds have "
                f"{others.min():.0f} to {others.max():.0f} channels instead of {usual:.0f}.{told}",
                whats=[f"{v:.0f} channels" for v in others],
                evidence={"rule": "header", "value": len(marked) / len(side), "threshold": self.share},
                advice="Check their source; a channel with another microphone may sound different once mixed.",
                confidence=0.99,
                drop=False,
            )


checks.register("channel_mix")(ChannelMix())
