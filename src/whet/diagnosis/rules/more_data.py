"""More data: validation still gains from the last doubling of training examples.

Asked only where training examples are predicted clearly better than validation examples, since otherwise the network,
not the data, is the limit. It is an opportunity more than a fault, so it is slight or moderate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.ending import has_ended
from whet.diagnosis.margins import lead_of, score_error
from whet.diagnosis.probes.fewer_examples import fewer_examples
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding, Line, Plot

__all__ = ["MoreData"]


@dataclass(frozen=True, kw_only=True)
class MoreData:
    """Error after training on half and on all of the examples, for the same number of steps."""

    gap: float = 0.03  # between training and validation score, as a share of the scale
    gain: float = 0.1  # of the error that the second half of the examples takes away
    errors: float = 3.0  # standard errors of that

    title: str = "more data would help"
    stage: Stage = "after"
    explains: frozenset[str] = frozenset()

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        outcome = case.outcome
        if case.setup is None or outcome is None or outcome.train_score is None or not has_ended(case):
            return
        gap = (outcome.train_score - outcome.valid_score) * (1 if outcome.higher_is_better else -1)
        noise = float(np.hypot(score_error(outcome), score_error(outcome, of_training=True)))
        if gap <= max(self.gap * outcome.scale(), 3 * noise):
            return
        seen = case.ask(fewer_examples)
        gain, error = lead_of(seen.half, seen.whole)
        before = float(seen.half.mean())
        if gain <= max(self.gain * before, self.errors * error):
            return
        after = float(seen.whole.mean())
        told = [before, after] if outcome.kind == "classes" else [float(np.sqrt(e)) for e in (before, after)]
        what = "error rate" if outcome.kind == "classes" else "root mean square error"
        yield Finding(
            symptom="more_data",
            title=self.title,
            severity=float(min(0.4, 0.15 + gain / max(before, 1e-12) / 3)),
            confidence=0.6,
            statement=f"Trained for {seen.steps} steps on {seen.batches[0]} batches the validation {what} is "
            f"{told[0]:.4g}, on {seen.batches[1]} batches {told[1]:.4g}: it has not levelled off.",
            evidence={"rule": "D30", "value": gain / before, "threshold": self.gain, "error": error / before},
            cures=("regularise",),
            advice="Collect more training examples, augment them, or start from a pretrained network.",
            source="Hestness et al., Deep Learning Scaling is Predictable, Empirically, 2017, arXiv 1712.00409",
            plot=Plot(
                title="error by training examples",
                x="training batches",
                y=what,
                lines=(Line(name="validation", x=seen.batches, y=tuple(told)),),
            ),
        )


rules.register("more_data")(MoreData())
