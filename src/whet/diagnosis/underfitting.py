"""Under-fitting: even training examples are predicted poorly, so the network is too small or too briefly trained.

Rule: training and validation agree within 1 % of the scale, and there is room above (reference rule D21).
"""

from __future__ import annotations

from whet.diagnosis.finding import Evidence, Finding, symptoms
from whet.diagnosis.overfitting import generalisation_scale

__all__ = ["detect"]


@symptoms.register("underfitting")
def detect(evidence: Evidence) -> Finding | None:
    """A small gap at a mediocre training score."""
    if evidence.train_score is None:
        return None
    scale = generalisation_scale(evidence)
    room = (1.0 - evidence.train_score if evidence.higher_is_better else evidence.train_score) / scale
    gap = abs(evidence.train_score - evidence.valid_score) / scale
    if gap > 0.02 or room < 0.05:
        return None
    return Finding(
        symptom="underfitting",
        severity=float(min(1.0, 0.3 + room)),
        statement=f"The {evidence.facts.metric} on training examples is only {evidence.train_score:.4g}, "
        f"hardly different from validation ({evidence.valid_score:.4g}).",
        evidence={"rule": "D21", "value": gap, "threshold": 0.02},
        advice="A larger network, a longer training or more telling inputs.",
    )
