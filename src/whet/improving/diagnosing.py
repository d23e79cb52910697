"""Ask every rule about outcomes about the incumbent."""

from __future__ import annotations

import whet.diagnosis  # noqa: F401  (registers the rules)
from whet.diagnosis.case import Case
from whet.diagnosis.judging import Judged, chosen_rules, judge
from whet.diagnosis.outcome import Outcome
from whet.finding import Finding
from whet.improving.session import Session
from whet.tasks.classes import ClassTarget

__all__ = ["diagnose", "outcome_of"]


def diagnose(session: Session) -> list[Finding]:
    """Findings on the incumbent, the strongest first."""
    judged = Judged()
    judge(Case(outcome=outcome_of(session), seed=session.options.seed), chosen_rules(), "after", judged)
    return sorted(judged.findings, key=lambda f: (-f.severity, f.symptom, f.where))


def outcome_of(session: Session) -> Outcome:
    """What the incumbent's first seed does on the arena's examples."""
    trial, prepared = session.incumbent[0], session.prepared
    target = prepared.target
    return Outcome(
        kind="classes" if target.kind == "classes" else "numbers",
        metric=prepared.metric.name,
        higher_is_better=prepared.metric.higher_is_better,
        truth=session.arena.truth,
        scores=trial.scores,
        valid_score=trial.score,
        train_score=trial.train_score,
        baseline_score=session.baseline.score if session.baseline else None,
        labels=target.labels if isinstance(target, ClassTarget) else (),
        class_counts=prepared.facts.class_counts,
        curve=trial.curve,
        epochs=trial.epochs,
        seed_std=session.noise.std,
    )
