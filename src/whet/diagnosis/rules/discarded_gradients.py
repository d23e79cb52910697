"""Discarded gradients: backward passes whose gradients are zeroed before any step has used them.

Seen in a watched loop: ``zero_grad`` and ``backward`` run for every batch, ``step`` once per epoch or every few
batches, so that only the last batch before a step counts. Accumulation (nothing is zeroed between), two optimisers in
turns, steps that a gradient scaler skips, losses combined by hand and gradients of inputs are something else.
Source: PyTorch documentation, "Zeroing out gradients in PyTorch".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.seen import watched
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.finding import Finding

__all__ = ["DiscardedGradients"]


@dataclass(frozen=True, kw_only=True)
class DiscardedGradients:
    """Passes thrown away, per step."""

    each: float = 2.0  # passes thrown away before a usual step: of SAM's two passes one is
    fewest: int = 6  # of them seen
    spoils: float = 0.9  # share of the passes from which the training is as good as lost

    title: str = "gradients are thrown away"
    stage: Stage = "during"
    explains: frozenset[str] = (
        RATES | COURSE | RESULT | frozenset({"cannot_memorise", "momentum_too_high", "more_data", "seed_variance"})
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        trace = watched(case)
        known = [] if trace is None else [s.num_discarded for s in trace.steps if s.num_discarded is not None]
        if sum(known) < self.fewest or float(np.median(known)) < self.each:
            return
        usual = float(np.median(known))
        share = usual / (usual + 1)
        yield Finding(
            symptom="discarded_gradients",
            title=self.title,
            severity=float(np.clip(0.9 - 1.5 * (self.spoils - share), 0.5, 0.95)),
            confidence=0.95,
            statement=f"Before each step of the optimizer the gradients of {usual:.0f} backward passes were zeroed "
            f"unused: {100 * share:.0f} % of the batches teach nothing.",
            evidence={"rule": "loop", "value": usual, "threshold": self.each, "share": share, "steps": len(known)},
            where="training loop",
            cures=("ordinary_loop",),
            advice="Call optimizer.step() after every loss.backward(), inside the loop over batches; to accumulate "
            "instead, call optimizer.zero_grad() only after a step.",
            source="PyTorch documentation, Zeroing out gradients in PyTorch",
        )


rules.register("discarded_gradients")(DiscardedGradients())
