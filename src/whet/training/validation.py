"""What the validation examples say during a training, and how often they are asked.

A fixed sample keeps an evaluation cheap; the same sample for every seed keeps trials comparable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

import whet.evaluation.metrics  # noqa: F401  (fills the registry of metrics)
from whet.data.dataset import Dataset
from whet.data.inputs import Inputs
from whet.evaluation.metric import Metric
from whet.models.architecture import Architecture
from whet.rng import make_numpy_generator
from whet.tasks.target import Target
from whet.training.clock import TrainingClock
from whet.training.evaluate import network_losses

__all__ = ["SAMPLE", "Cadence", "Validation", "num_marks", "sample", "truth"]

SAMPLE = 2_000  # validation examples that are evaluated during the training
SHARE = 0.05  # of the training's cost that evaluations may take
MARKS = 20  # evaluations that a training has at most
LEAST = 10  # ... and at least, when early stopping or a plateau depends on them


@dataclass(frozen=True, kw_only=True)
class Validation:
    """The fixed sample and the metric."""

    inputs: Inputs
    targets: Tensor  # (N,) encoded
    truth: np.ndarray  # (N,) as the metric wants it
    target: Target
    metric: Metric
    device: torch.device

    def __len__(self) -> int:
        return len(self.inputs)

    def measure(self, model: Architecture) -> tuple[float, float]:
        """Mean loss and primary metric of ``model``."""
        losses, scores = network_losses(model, self.inputs, self.targets, self.target, device=self.device)
        return float(losses.mean()), float(self.metric.compute(self.truth, scores))

    def merit(self, loss: float, score: float) -> tuple[float, float]:
        """What makes one evaluation better than another: the metric, and at a tie the loss. Larger is better."""
        return (score if self.metric.higher_is_better else -score, -loss)


def sample(count: int, most: int) -> np.ndarray:
    """At most ``most`` of ``count`` positions, always the same, in order."""
    return np.sort(make_numpy_generator(0, "evaluation sample").permutation(count)[:most])


def truth(target: Target, dataset: Dataset) -> np.ndarray:
    """What metrics compare scores with: class codes, or numbers in their own units."""
    assert dataset.target is not None
    return target.encode(dataset.target) if target.kind == "classes" else dataset.target.astype(np.float64)


def num_marks(*, trained: float | None, evaluated: int, is_needed: bool) -> int:
    """How many evaluations a training gets.

    ``trained``: examples that all steps together see, or None where only time limits the training; an evaluated
    example costs about a third of a trained one.
    """
    affordable = MARKS if trained is None else int(SHARE * trained * 3 / max(1, evaluated))
    return min(MARKS, max(LEAST if is_needed else 1, affordable))


@dataclass(kw_only=True)
class Cadence:
    """Evaluations at equal shares of the training, left out where time is the limit and they would cost too much."""

    marks: int
    is_needed: bool
    done: int = 0  # marks that have passed
    cost_s: float = 0.0  # seconds that all evaluations took
    last_cost_s: float = 0.0

    def is_due(self, progress: float, clock: TrainingClock) -> bool:
        """True once per mark, unless skipped."""
        passed = int(progress * self.marks + 1e-9)
        if passed <= self.done:
            return False
        self.done = passed
        return self.is_needed or clock.length.seconds is None or self._is_affordable(clock)

    def took(self, seconds: float) -> None:
        """Note what an evaluation cost."""
        self.last_cost_s = seconds
        self.cost_s += seconds

    def _is_affordable(self, clock: TrainingClock) -> bool:
        return self.cost_s + self.last_cost_s <= SHARE * (clock.elapsed() - clock.first_s)
