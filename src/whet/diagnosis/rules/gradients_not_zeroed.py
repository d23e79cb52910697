"""Gradients not zeroed: ``backward`` adds to ``.grad``, so without ``zero_grad`` every step uses the sum of all before
it.

Seen in a watched loop: gradients were not clean before the first backward pass after a step. Accumulating over several
backward passes within a step is something else, and is not it.
Source: PyTorch documentation, "Zeroing out gradients in PyTorch".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.seen import watched
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding

__all__ = ["GradientsNotZeroed"]


@dataclass(frozen=True, kw_only=True)
class GradientsNotZeroed:
    """Steps that begin on old gradients."""

    share: float = 0.5  # of the steps after the first; some may be left over on purpose
    fewest: int = 3  # steps of which it is known

    title: str = "gradients are not zeroed"
    stage: Stage = "during"
    explains: frozenset[str] = frozenset(
        {"learning_rate_too_high", "exploding", "oscillation", "non_finite", "dead_units", "saturation", "flat_loss"}
        | {"underfitting", "below_baseline", "momentum_too_high"}
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        trace = watched(case)
        known = [] if trace is None else [s for s in trace.steps if s.starts_clean is not None and s.index > 0]
        if len(known) < self.fewest:
            return
        dirty = [s for s in known if not s.starts_clean]
        share = len(dirty) / len(known)
        if share <= self.share:
            return
        yield Finding(
            symptom="gradients_not_zeroed",
            title=self.title,
            severity=0.9,
            confidence=0.97,
            statement=f"At {len(dirty)} of {len(known)} steps the gradients of earlier steps were still there when "
            "the first "
            "backward pass began.",
            evidence={"rule": "loop", "value": share, "threshold": self.share, "first": dirty[0].index},
            where=f"step {dirty[0].index}",
            cures=("ordinary_loop",),
            advice="Call optimizer.zero_grad() before loss.backward(), once for every optimizer.step().",
            source="PyTorch documentation, Zeroing out gradients in PyTorch",
        )


rules.register("gradients_not_zeroed")(GradientsNotZeroed())
