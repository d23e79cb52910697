"""Gradients not zeroed: ``backward`` adds to ``.grad``, so without ``zero_grad`` every step uses the sum of all before
it.

Seen in a watched loop: gradients were not clean before the first backward pass after a step. Accumulating over several
backward passes within a step is something else, and is not it. Of several optimisers each is judged by itself: zeroing
one of them does not zero the others.
Source: PyTorch documentation, "Zeroing out gradients in PyTorch".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.seen import watched
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.finding import Finding
from whet.watching.trace import Step, Trace

__all__ = ["GradientsNotZeroed"]


@dataclass(frozen=True, kw_only=True)
class GradientsNotZeroed:
    """Steps that begin on old gradients."""

    share: float = 0.5  # of the steps after the first; some may be left over on purpose
    fewest: int = 3  # steps of which it is known

    title: str = "gradients are not zeroed"
    stage: Stage = "during"
    explains: frozenset[str] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "learning_rate_too_high",
                "exploding",
                "oscillation",
                "non_finite",
                "dead_units",
                "saturation",
                "flat_loss",
            }
            | {"underfitting", "below_baseline", "momentum_too_high"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        trace = watched(case)
        if trace is None:
            return
        places = sorted({s.optimizer for s in trace.steps})
        judged = [own for own in (_of_one(trace, place) for place in places) if len(own) >= self.fewest]
        known = max(judged, key=_share, default=[])
        share = _share(known)
        if share <= self.share:
            return
        dirty = [s for s in known if not s.starts_clean]
        whose = f" of optimizer {known[0].optimizer + 1} of {max(places) + 1}" if len(places) > 1 else ""
        yield Finding(
            symptom="gradients_not_zeroed",
            title=self.title,
            severity=0.9,
            confidence=0.97,
            statement=f"At {len(dirty)} of {len(known)} steps{whose} the gradients of earlier steps were still "
            "there when the first backward pass began.",
            evidence={"rule": "loop", "value": share, "threshold": self.share, "first": dirty[0].index},
            where=f"step {dirty[0].index}",
            cures=("ordinary_loop",),
            advice="Call optimizer.zero_grad() before loss.backward(), once for every optimizer.step()"
            + (", of every optimizer." if whose else "."),
            source="PyTorch documentation, Zeroing out gradients in PyTorch",
        )


def _of_one(trace: Trace, place: int) -> list[Step]:
    """Steps of one of the optimisers after its first, of which it is known how they began."""
    own = [s for s in trace.steps if s.optimizer == place]
    return [s for s in own[1:] if s.starts_clean is not None]


def _share(known: list[Step]) -> float:
    return sum(not s.starts_clean for s in known) / max(1, len(known))


rules.register("gradients_not_zeroed")(GradientsNotZeroed())
