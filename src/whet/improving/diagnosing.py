"""Ask every symptom about the incumbent."""

from __future__ import annotations

import whet.diagnosis  # noqa: F401  (registers the symptoms)
from whet.diagnosis.finding import Evidence, Finding, symptoms
from whet.improving.session import Session

__all__ = ["diagnose"]


def diagnose(session: Session) -> list[Finding]:
    """Findings on the incumbent, the strongest first."""
    trial = session.incumbent[0]
    evidence = Evidence(
        facts=session.prepared.facts,
        recipe=trial.recipe,
        curve=trial.curve,
        truth=session.arena.truth,
        scores=trial.scores,
        valid_score=trial.score,
        train_score=trial.train_score,
        baseline_score=session.baseline.score if session.baseline else None,
        higher_is_better=session.prepared.metric.higher_is_better,
        seed_std=session.noise.std,
        epochs=trial.epochs,
    )
    found = [finding for _, detect in symptoms.items() if (finding := detect(evidence)) is not None]
    return sorted(found, key=lambda f: -f.severity)
