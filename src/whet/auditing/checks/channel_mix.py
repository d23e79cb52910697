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
from whet.auditing.media.odd_headers import odd_headers
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
        for odd in odd_headers(inspection, lambda measures: measures.channels, share=self.share):
            yield flag(
                odd.side,
                odd.marked,
                np.abs(odd.values - odd.usual),
                symptom="channel_mix",
                title=self.title,
                severity=0.35 if odd.tied else 0.12,
                statement=f"{len(odd.marked):,} of {len(odd.side):,} sounds have "
                f"{odd.values.min():.0f} to {odd.values.max():.0f} channels instead of {odd.usual:.0f}.{odd.remark}",
                whats=[f"{v:.0f} channels" for v in odd.values],
                evidence={"rule": "header", "value": odd.share, "threshold": self.share},
                advice="Check their source; a channel with another microphone may sound different once mixed.",
                confidence=0.99,
                drop=False,
            )


checks.register("channel_mix")(ChannelMix())
