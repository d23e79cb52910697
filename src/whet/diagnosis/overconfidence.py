"""Over-confidence: probabilities are more extreme than the hits justify.

Rule: expected calibration error above 0.05, with mean confidence above accuracy (reference rule D28).
"""

from __future__ import annotations

from whet.diagnosis.finding import Evidence, Finding, symptoms
from whet.evaluation.metric import metrics

__all__ = ["detect"]


@symptoms.register("overconfidence")
def detect(evidence: Evidence) -> Finding | None:
    """Mean confidence against accuracy."""
    if evidence.facts.target.kind != "classes":
        return None
    error = metrics["calibration_error"].compute(evidence.truth, evidence.scores)
    confidence = float(evidence.scores.max(axis=1).mean())
    accuracy = float((evidence.scores.argmax(axis=1) == evidence.truth).mean())
    if error <= 0.05 or confidence <= accuracy:
        return None
    return Finding(
        symptom="overconfidence",
        severity=float(min(1.0, 0.2 + 4 * error)),
        statement=f"Predictions claim {100 * confidence:.0f} % on average and are right in {100 * accuracy:.0f} %.",
        evidence={"rule": "D28", "value": error, "threshold": 0.05},
        advice="Read the probabilities of the calibrated model, not of a single network.",
    )
