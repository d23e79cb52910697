"""Below the baseline: a simple model does better than the network.

Compared on the same examples, pair by pair, where both are known. For a training script the simple models (always the
same answer, a linear model) are fitted to what the network sees. Severe where most of what the simple model learns is
missing from the network, beyond chance; a network that is a little behind on few examples is told and no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.ending import has_ended
from whet.diagnosis.margins import errors_of, lead_of, score_error
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.probes.baseline import Baseline, baseline
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding, Line, Plot

__all__ = ["BelowBaseline"]

SOURCE = "Karpathy, A Recipe for Training Neural Networks, 2019"


@dataclass(frozen=True, kw_only=True)
class BelowBaseline:
    """The network against the best simple model."""

    least: float = 0.01  # lead of the simple model, as a share of the scale, beyond chance
    errors: float = 3.0  # standard errors of the lead

    title: str = "worse than a simple model"
    stage: Stage = "after"
    explains: frozenset[str] = frozenset()

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        outcome = case.outcome
        if outcome is None or not has_ended(case):
            return
        if outcome.baseline_score is not None:
            yield from self._by_scores(outcome, outcome.baseline_score)
        elif case.setup is not None:
            yield from self._by_examples(outcome, case.ask(baseline))

    def _by_scores(self, outcome: Outcome, simple: float) -> Iterable[Finding]:
        lead = simple - outcome.valid_score if outcome.higher_is_better else outcome.valid_score - simple
        threshold = max(self.least * outcome.scale(), score_error(outcome))  # one: the examples are the same
        if lead <= threshold:
            return
        yield self._told(
            f"A simple model scores {simple:.4g}, the network {outcome.valid_score:.4g} ({outcome.metric}).",
            {"rule": "D21", "value": lead, "threshold": threshold},
            severity=float(min(0.75, 0.4 + 2 * lead / outcome.scale())),
            bars={"simple model": simple, "network": outcome.valid_score},
            metric=outcome.metric,
            room=float(lead / outcome.scale()),
        )

    def _by_examples(self, outcome: Outcome, simple: Baseline) -> Iterable[Finding]:
        if len(simple.truth) > len(outcome.truth) or not np.array_equal(
            simple.truth, outcome.truth[: len(simple.truth)]
        ):
            return  # not the same examples: a loader that shuffles its validation part
        name, scores = simple.best(flexible=False)
        num = len(simple.truth)
        errors = errors_of(outcome.kind, outcome.truth[:num], outcome.scores[:num])
        best, trivial = simple.errors(scores), simple.errors(None)
        lead, error = lead_of(errors, best)
        threshold = self.least * outcome.scale() ** (2 if outcome.kind == "numbers" else 1) + self.errors * error
        if lead <= threshold:
            return
        lost = self._lost(errors, best, trivial, lead - self.errors * error)
        what = "error rate" if outcome.kind == "classes" else "root mean square error"
        shown = [float(e.mean()) if outcome.kind == "classes" else float(np.sqrt(e.mean())) for e in (errors, best)]
        yield self._told(
            f"The {what} on {num:,} validation examples is {shown[0]:.4g}; {name}, fitted to the same training "
            f"batches, has {shown[1]:.4g}.",
            {"rule": "D21", "value": lead, "threshold": threshold, "skill_lost": lost},
            severity=float(min(0.9, 0.15 + 0.85 * lost)),
            bars={name: shown[1], "network": shown[0]},
            metric=what,
        )

    def _lost(self, errors: np.ndarray, best: np.ndarray, trivial: np.ndarray, lead: float) -> float:
        """Share of what the simple model gains over a constant answer that the network surely lacks.

        What it gains is taken at the high end of its interval: of pure noise, little is known to be missing. A network
        that is worse than the constant answer lacks that besides.
        """
        gained, error = lead_of(trivial, best)
        behind, doubt = lead_of(errors, trivial)
        least = 0.5 if behind - self.errors * doubt > 0 else 0.0
        return min(1.0, max(least, lead / max(gained + self.errors * error, 1e-12)))

    def _told(
        self,
        statement: str,
        evidence: dict[str, object],
        *,
        severity: float,
        bars: dict[str, float],
        metric: str,
        room: float = 0.0,
    ) -> Finding:
        return Finding(
            symptom="below_baseline",
            title=self.title,
            severity=severity,
            confidence=0.85,
            statement=statement,
            evidence=evidence,
            room=room,
            cures=("standardise_inputs", "raise_rate", "train_longer", "regularise"),
            advice="The network does not learn what is plain to see: check the scale of its inputs and the learning "
            "rate, then train longer. With these data a simple model may be all that is needed.",
            source=SOURCE,
            plot=Plot(
                title="network and simple model on validation examples",
                x="model",
                y=metric,
                lines=(Line(name=metric, x=tuple(bars), y=tuple(bars.values())),),
            ),
        )


rules.register("below_baseline")(BelowBaseline())
