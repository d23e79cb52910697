"""Imbalance: some classes are rare and are missed.

Rule: largest over smallest class at least 10, or a class with recall below 0.3 while overall accuracy is above 0.7
(reference rule D24).
"""

from __future__ import annotations

import numpy as np

from whet.diagnosis.finding import Evidence, Finding, symptoms

__all__ = ["detect"]


@symptoms.register("imbalance")
def detect(evidence: Evidence) -> Finding | None:
    """Class counts and the recall of the weakest class."""
    counts = [c for c in evidence.facts.class_counts if c > 0]
    if len(counts) < 2:
        return None
    ratio = max(counts) / min(counts)
    hits = evidence.scores.argmax(axis=1) == evidence.truth
    recalls = {int(c): float(hits[evidence.truth == c].mean()) for c in np.unique(evidence.truth)}
    weakest = min(recalls, key=lambda c: recalls[c])
    if ratio < 10 and not (recalls[weakest] < 0.3 and hits.mean() > 0.7):
        return None
    label = evidence.facts.target.labels[weakest]
    return Finding(
        symptom="imbalance",
        severity=float(min(1.0, 0.3 + ratio / 50)),
        statement=f"The largest class is {ratio:.1f} times the smallest; {label!r} is recognised in "
        f"{100 * recalls[weakest]:.0f} % of its validation examples.",
        evidence={"rule": "D24", "value": ratio, "threshold": 10.0},
        advice=f"Collect more examples of {label!r}.",
    )
