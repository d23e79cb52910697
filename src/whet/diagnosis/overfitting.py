"""Over-fitting: training examples are predicted much better than validation examples.

Rule: gap above three standard errors of the validation score and above 3 % of the scale (reference rule D22).
"""

from __future__ import annotations

import numpy as np

from whet.diagnosis.finding import Evidence, Finding, symptoms

__all__ = ["detect"]


@symptoms.register("overfitting")
def detect(evidence: Evidence) -> Finding | None:
    """The gap between training and validation score."""
    if evidence.train_score is None:
        return None
    scale = generalisation_scale(evidence)
    gap = abs(evidence.train_score - evidence.valid_score)
    better = (evidence.train_score > evidence.valid_score) == evidence.higher_is_better
    threshold = max(0.03 * scale, 3 * scale / (2 * np.sqrt(len(evidence.truth))))
    if not better or gap <= threshold:
        return None
    return Finding(
        symptom="overfitting",
        severity=float(min(1.0, gap / (5 * threshold) + 0.2)),
        statement=f"The {evidence.facts.metric} is {evidence.train_score:.4g} on training examples "
        f"and {evidence.valid_score:.4g} on validation examples.",
        evidence={"rule": "D22", "value": gap, "threshold": threshold},
        advice="More examples, or more varied ones, are what helps most.",
    )


def generalisation_scale(evidence: Evidence) -> float:
    """What a gap is measured against: 1 for classes, the spread of the truth for numbers."""
    return 1.0 if evidence.facts.target.kind == "classes" else float(np.std(evidence.truth)) or 1.0
