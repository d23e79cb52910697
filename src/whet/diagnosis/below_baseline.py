"""Below the baseline: a simple model does better than the network.

Rule: the network's validation score is worse than the best simple baseline's (reference rule D21).
"""

from __future__ import annotations

from whet.diagnosis.finding import Evidence, Finding, symptoms

__all__ = ["detect"]


@symptoms.register("below_baseline")
def detect(evidence: Evidence) -> Finding | None:
    """The network against the best simple baseline."""
    if evidence.baseline_score is None:
        return None
    lead = evidence.valid_score - evidence.baseline_score
    if (lead if evidence.higher_is_better else -lead) >= 0:
        return None
    return Finding(
        symptom="below_baseline",
        severity=0.7,
        statement=f"A simple model scores {evidence.baseline_score:.4g}, the network {evidence.valid_score:.4g}.",
        evidence={"rule": "D21", "value": lead, "threshold": 0.0},
        advice="With these data a simple model may be all that is needed.",
    )
