"""Let the diagnosis of the start decide what is searched: ``--space diagnosed``."""

from __future__ import annotations

from dataclasses import replace

import whet.diagnosis  # noqa: F401  (registers the rules)
from whet.diagnosis.case import Case
from whet.diagnosis.judging import Judged, chosen_rules, judge
from whet.diagnosis.outcome import Outcome
from whet.finding import Finding
from whet.search.regularisation import regularisation_space
from whet.tasks.classes import ClassTarget
from whet.tuning.session import TuningSession

__all__ = ["DIAGNOSED", "findings_of", "narrow"]

DIAGNOSED = "diagnosed"  # in place of a file with a space


def narrow(session: TuningSession) -> None:
    """Search what treats the symptoms of the start, which has been trained: see ``search.regularisation``."""
    findings = findings_of(session)
    space = regularisation_space(findings, session.base, session.prepared.facts)
    session.setup = replace(session.setup, space=space, start=None)
    session.study.space = space
    symptoms = ", ".join(dict.fromkeys(f.symptom for f in findings)) or "nothing that stands out"
    session.observer.say(f"diagnosis of the start: {symptoms}. Searched: {', '.join(space.dimensions)}")


def findings_of(session: TuningSession) -> list[Finding]:
    """What every rule about outcomes says of the start."""
    trial, prepared = session.start, session.prepared
    assert trial is not None
    target = prepared.target
    outcome = Outcome(
        kind="classes" if target.kind == "classes" else "numbers",
        metric=prepared.metric.name,
        higher_is_better=prepared.metric.higher_is_better,
        truth=session.arena.truth,
        scores=trial.scores,
        valid_score=trial.score,
        train_score=trial.train_score,
        labels=target.labels if isinstance(target, ClassTarget) else (),
        class_counts=prepared.facts.class_counts,
        curve=trial.curve,
        epochs=trial.epochs,
    )
    judged = Judged()
    judge(Case(outcome=outcome, seed=session.options.seed), chosen_rules(), "after", judged)
    return sorted(judged.findings, key=lambda f: (-f.severity, f.symptom, f.where))
