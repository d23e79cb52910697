"""Oscillation of a recorded curve: the training loss jumps up and down from one evaluation to the next.

Reads the curve of an outcome; ``oscillation`` reads single steps. The rate is too high or the batches are too small.
Jumps count from the half of the curve onwards: what a warm-up does at first is no fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding, Line, Plot

__all__ = ["CurveOscillation"]


@dataclass(frozen=True, kw_only=True)
class CurveOscillation:
    """Sign changes and size of the jumps of the training loss."""

    turns: float = 0.4  # share of the jumps that go against the one before
    size: float = 0.2  # mean jump over the mean loss
    fewest: int = 8  # evaluations

    title: str = "a loss that jumps"
    stage: Stage = "after"
    explains: frozenset[str] = frozenset({"seed_variance"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        if case.outcome is None or len(case.outcome.curve) < self.fewest:
            return
        curve = case.outcome.curve
        losses = np.array([p.train_loss for p in curve], dtype=np.float64)
        late = losses[len(losses) // 2 :]
        if not np.isfinite(losses).all() or _jumps(late)[1] <= self.size:
            return
        turns, size = _jumps(losses)
        if turns <= self.turns or size <= self.size:
            return
        yield Finding(
            symptom="curve_oscillation",
            title=self.title,
            severity=float(min(0.9, 0.3 + size)),
            confidence=0.8,
            statement=f"The training loss changes direction at {100 * turns:.0f} % of its records, "
            f"by {100 * size:.0f} % on average.",
            evidence={"rule": "D16", "value": size, "threshold": self.size},
            cures=("lower_rate", "larger_batches", "clip_gradients"),
            advice="Lower the learning rate (lr / 3), or take larger batches.",
            source="Bengio, Practical recommendations for gradient-based training, 2012, arXiv 1206.5533",
            plot=Plot(
                title="training loss",
                x="epoch",
                y="loss",
                lines=(Line(name="training", x=tuple(p.epoch for p in curve), y=tuple(losses.tolist())),),
            ),
        )


def _jumps(losses: np.ndarray) -> tuple[float, float]:
    """The share of turns, and the mean jump over the mean loss."""
    jumps = np.diff(losses)
    turns = float(np.mean(np.sign(jumps[1:]) != np.sign(jumps[:-1])))
    return turns, float(np.mean(np.abs(jumps)) / max(1e-9, float(np.mean(np.abs(losses)))))


rules.register("curve_oscillation")(CurveOscillation())
