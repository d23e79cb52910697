"""What the judge hands back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from whet.ledger.entry import Decision, Verdict
from whet.ledger.noise import NoiseFloor

__all__ = ["Judgement"]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """One verdict with everything it rests on. Gains are in the metric's unit, positive is better."""

    verdict: Verdict
    reason: str
    before: float | None  # incumbent's mean score
    after: float | None  # candidate's mean score
    gain: float | None
    low: float | None  # 95 % interval
    high: float | None
    p: float | None
    p_better: float | None
    num_examples: int
    num_seeds: int
    noise: NoiseFloor  # the pool with this candidate's seeds in it: pass it to the next judgement
    details: Mapping[str, Any] = field(default_factory=dict)

    def decision(self, *, seconds: float = 0.0) -> Decision:
        """The ledger row of this judgement."""
        return Decision(
            verdict=self.verdict,
            reason=self.reason,
            before=self.before,
            after=self.after,
            gain=self.gain,
            low=self.low,
            high=self.high,
            p=self.p,
            num_examples=self.num_examples,
            num_seeds=self.num_seeds,
            seconds=seconds,
            cause=str(self.details.get("cause", "")),
            details=self.details,
        )
