"""Oscillation: the training loss jumps up and down, so the learning rate is too high or the batches are too small.

Rule: more than 40 % of the steps of the recorded loss change sign, with a mean jump above 20 % (reference rule D16).
"""

from __future__ import annotations

import numpy as np

from whet.diagnosis.finding import Evidence, Finding, symptoms

__all__ = ["detect"]


@symptoms.register("oscillation")
def detect(evidence: Evidence) -> Finding | None:
    """Sign changes and size of the jumps of the training loss."""
    losses = np.array([p.train_loss for p in evidence.curve])
    if len(losses) < 8:
        return None
    jumps = np.diff(losses)
    changes = float(np.mean(np.sign(jumps[1:]) != np.sign(jumps[:-1])))
    size = float(np.mean(np.abs(jumps)) / max(1e-9, np.mean(np.abs(losses))))
    if changes <= 0.4 or size <= 0.2:
        return None
    return Finding(
        symptom="oscillation",
        severity=min(1.0, 0.3 + size),
        statement=f"The training loss changes direction at {100 * changes:.0f} % of its records, "
        f"by {100 * size:.0f} % on average.",
        evidence={"rule": "D16", "value": size, "threshold": 0.2},
        advice="Check the learning rate and the batch size.",
    )
