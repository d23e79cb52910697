"""Stopped early: validation was still improving when the training ended.

Rule: the validation loss over the last fifth of the curve is lower than over the fifth before it by more than 1 % of
its own value (reference rule D23). A schedule that anneals to zero always improves at its end, so a network that has
seen fewer than ten epochs counts as well only when its training score has not saturated.
"""

from __future__ import annotations

import numpy as np

from whet.diagnosis.finding import Evidence, Finding, symptoms

__all__ = ["detect"]


@symptoms.register("stopped_early")
def detect(evidence: Evidence) -> Finding | None:
    """Improvement in the last fifth of the curve."""
    losses = [p.valid_loss for p in evidence.curve if p.valid_loss is not None]
    if len(losses) < 5:
        return None
    fifth = max(1, len(losses) // 5)
    last, before = float(np.mean(losses[-fifth:])), float(np.mean(losses[-2 * fifth : -fifth]))
    gain = (before - last) / max(1e-9, abs(before))
    if gain <= 0.01:
        return None
    return Finding(
        symptom="stopped_early",
        severity=min(1.0, 0.3 + 5 * gain),
        statement=f"The validation loss was still falling at the end: {before:.4g} -> {last:.4g} "
        f"over the last fifth of {evidence.epochs:.1f} epochs.",
        evidence={"rule": "D23", "value": gain, "threshold": 0.01},
        advice="Give the run a larger budget.",
    )
