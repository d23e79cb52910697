"""Slow input: the model waits for its data. It costs time, not quality, so it is never severe.

A training that waits for most of its time is also one that ends too soon: what it had time for was too little.

Rule D20: more than 30 % of the time of a step is waiting, over many steps, and enough of it to matter to a person.
Source: PyTorch documentation, "Performance Tuning Guide" (asynchronous data loading).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.seen import seen
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding

__all__ = ["SlowInput"]


@dataclass(frozen=True, kw_only=True)
class SlowInput:
    """Waiting against computing."""

    share: float = 0.3  # of the time of a typical step
    fewest: int = 20  # steps
    least_s: float = 2.0  # seconds waited in all that was seen
    each_s: float = 0.002  # per step: less is the loop's own work
    most: float = 0.8  # share from which hardly anything else is done

    title: str = "slow input pipeline"
    stage: Stage = "during"
    explains: frozenset[str] = frozenset({"stopped_early"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        timed = [
            (s.wait_s, s.compute_s) for s in seen(case).steps[1:] if s.wait_s is not None and s.compute_s is not None
        ]
        if len(timed) < self.fewest:
            return
        waits, works = np.array(timed, dtype=np.float64).T
        share = float(np.median(waits / np.maximum(waits + works, 1e-12)))
        typical = float(np.median(waits))
        # the median, so that evaluations and the start of workers between epochs do not count
        total = typical * len(waits)
        if share <= self.share or total < self.least_s or typical < self.each_s:
            return
        yield Finding(
            symptom="slow_input",
            title=self.title,
            severity=self._severity(share),
            confidence=0.85,
            statement=f"A typical step waits {1000 * typical:.1f} ms for its batch, {100 * share:.0f} % of its time.",
            evidence={"rule": "D20", "value": share, "threshold": self.share, "wait_s": typical, "total_s": total},
            where="DataLoader",
            advice="Set num_workers=2 or more (and persistent_workers=True) in the DataLoader, or prepare the "
            "examples once "
            "instead of in every __getitem__.",
            source="PyTorch documentation, Performance Tuning Guide",
        )

    def _severity(self, share: float) -> float:
        """At most 0.6: it costs time alone."""
        if share > self.most:
            return float(min(0.6, 0.4 + 0.4 * (share - self.most) / (1 - self.most)))
        return float(min(0.4, 0.15 + 0.25 * share))


rules.register("slow_input")(SlowInput())
