"""What a trained model does on examples: the same for Whet's own runs and for a user's model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from whet.training.fitted import CurvePoint

__all__ = ["Outcome"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Scores on validation examples beside those on training examples, and the way there."""

    kind: Literal["classes", "numbers"]
    metric: str  # registered name
    higher_is_better: bool
    truth: np.ndarray  # (N,) class codes, or numbers in their own units
    scores: np.ndarray  # (N, K) probabilities, or (N, 1) values
    valid_score: float
    train_score: float | None = None  # the same metric on training examples
    train_truth: np.ndarray | None = None  # (M,) of a sample of training examples, where kept
    train_scores: np.ndarray | None = None  # (M, K)
    baseline_score: float | None = None  # best simple model on the same validation examples
    labels: tuple[str, ...] = ()  # names of the classes
    class_counts: tuple[int, ...] = ()  # of the training examples, by class
    curve: tuple[CurvePoint, ...] = field(default=())
    epochs: float = 0.0
    seed_std: float | None = None  # of the metric between seeds
    is_final: bool = True  # False: a short stretch of training, which says nothing of where it would have ended

    def scale(self) -> float:
        """What a gap is measured against: 1 for classes, the spread of the truth for numbers."""
        return 1.0 if self.kind == "classes" else float(np.std(self.truth)) or 1.0
