"""Under-fitting: even training examples are predicted poorly, although more can be learnt from them.

A low score alone may be a hard task: noise in the targets keeps every model low. So it needs proof that better is
possible: a simple model (linear, bagged trees) that on validation examples beats what the network has on the examples
it was trained on. Without such a model at hand, in Whet's own runs, it is told as slight: it may be the task.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.ending import has_ended
from whet.diagnosis.margins import errors_of, lead_of, score_error, skill_lost
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.probes.baseline import Baseline, baseline
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding, Line, Plot

__all__ = ["Underfitting"]

POSSIBLE = 0.25  # severity where nothing proves that better is possible


@dataclass(frozen=True, kw_only=True)
class Underfitting:
    """A small gap at a score that simple models beat."""

    gap: float = 0.05  # between training and validation, as a share of the scale; or two standard errors
    alike: float = 0.02  # gap up to which it is told as slight without proof
    room: float = 0.05  # to perfection, as a share of the scale
    least: float = 0.05  # by which a simple model is better, as a share of the scale
    errors: float = 3.0  # standard errors of that lead

    title: str = "under-fitting"
    stage: Stage = "after"
    explains: frozenset[str] = frozenset({"below_baseline", "weak_slice", "confused_classes"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        outcome = case.outcome
        if outcome is None or outcome.train_score is None or not has_ended(case):
            return
        scale, sign = outcome.scale(), (1.0 if outcome.higher_is_better else -1.0)
        room = (1.0 - outcome.train_score if outcome.higher_is_better else outcome.train_score) / scale
        noise = float(np.hypot(score_error(outcome), score_error(outcome, of_training=True)))
        gap = sign * (outcome.train_score - outcome.valid_score)
        if room < self.room:
            return
        if case.setup is not None and outcome.baseline_score is None:
            yield from self._by_examples(outcome, case.ask(baseline))
        elif gap <= max(self.gap * scale, 2 * noise):
            yield from self._by_scores(outcome, sign, scale, gap)

    def _by_scores(self, outcome: Outcome, sign: float, scale: float, gap: float) -> Iterable[Finding]:
        assert outcome.train_score is not None
        known = outcome.baseline_score
        lead = 0.0 if known is None else sign * (known - outcome.train_score)
        is_proved = lead > max(self.least * scale, self.errors * score_error(outcome))
        if not is_proved and gap > self.alike * scale:
            return
        proof = f"a simple model reaches {known:.4g}" if is_proved else "the task may be as hard as that"
        yield self._told(
            f"The {outcome.metric} on training examples is only {outcome.train_score:.4g}, "
            f"hardly different from validation ({outcome.valid_score:.4g}); {proof}.",
            {"rule": "D21", "value": gap, "threshold": self.gap * scale, "lead": lead},
            severity=float(min(0.8, 0.45 + 2 * lead / scale)) if is_proved else POSSIBLE,
            confidence=0.85 if is_proved else 0.4,
            bars={"training": outcome.train_score, "validation": outcome.valid_score},
            metric=outcome.metric,
            room=float(lead / scale) if is_proved else 0.0,
        )

    def _by_examples(self, outcome: Outcome, simple: Baseline) -> Iterable[Finding]:
        num = len(simple.truth)
        if not np.array_equal(simple.truth, outcome.truth[:num]) or outcome.train_truth is None:
            return
        assert outcome.train_scores is not None
        name, scores = simple.best(flexible=True)
        errors = errors_of(outcome.kind, outcome.truth[:num], outcome.scores[:num])
        learnt = float(errors_of(outcome.kind, outcome.train_truth, outcome.train_scores).mean())
        best, trivial = simple.errors(scores), simple.errors(None)
        lead, error = lead_of(errors, best)
        unit = outcome.scale() ** (2 if outcome.kind == "numbers" else 1)
        threshold = max(self.least * unit, self.errors * error)
        if min(lead, learnt - float(best.mean())) <= threshold:
            return
        lost = skill_lost(errors, best, trivial)
        shown = [float(e) if outcome.kind == "classes" else float(np.sqrt(e)) for e in (learnt, best.mean())]
        what = "error rate" if outcome.kind == "classes" else "root mean square error"
        yield self._told(
            f"The {what} on training examples is {shown[0]:.4g}; {name} has {shown[1]:.4g} on validation examples "
            "after the same batches, so more can be learnt from them.",
            {"rule": "D21", "value": lead, "threshold": threshold, "skill_lost": lost},
            severity=float(min(0.9, 0.4 + 0.6 * lost)),
            confidence=0.85,
            bars={"network, training": shown[0], f"{name}, validation": shown[1]},
            metric=what,
        )

    def _told(
        self,
        statement: str,
        evidence: dict[str, object],
        *,
        severity: float,
        confidence: float,
        bars: dict[str, float],
        metric: str,
        room: float = 0.0,
    ) -> Finding:
        return Finding(
            symptom="underfitting",
            title=self.title,
            severity=severity,
            confidence=confidence,
            statement=statement,
            evidence=evidence,
            room=room,
            cures=(
                "enlarge_network",
                "train_longer",
                "raise_rate",
                "standardise_inputs",
                "weaken_weight_decay",
                "weaken_dropout",
            ),
            advice="Take a larger network (twice the width, or one more layer), a longer training or more telling "
            "inputs; less weight_decay and dropout.",
            source="Goodfellow et al., Deep Learning, MIT Press 2016, chapter 11",
            plot=Plot(
                title="what is learnt and what could be",
                x="model and part",
                y=metric,
                lines=(Line(name=metric, x=tuple(bars), y=tuple(bars.values())),),
            ),
        )


rules.register("underfitting")(Underfitting())
