"""What is known when a diagnosis is asked for, and the contract of a symptom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from whet.finding import Finding
from whet.recipe import Recipe
from whet.registry import Registry
from whet.tasks.facts import Facts
from whet.training.fitted import CurvePoint

__all__ = ["Evidence", "Finding", "Symptom", "symptoms"]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a diagnosis looks at: the incumbent's curves and its scores on validation examples."""

    facts: Facts
    recipe: Recipe
    curve: tuple[CurvePoint, ...]
    truth: np.ndarray  # (N,) encoded: class codes, or numbers in their own units
    scores: np.ndarray  # (N, K)
    valid_score: float
    train_score: float | None  # same metric on training examples
    baseline_score: float | None  # best simple baseline on the same validation examples
    higher_is_better: bool
    seed_std: float | None = None  # of the primary metric between seeds
    epochs: float = 0.0


Symptom = Callable[[Evidence], Finding | None]  # one file each, registered under the symptom's name

symptoms: Registry[Symptom] = Registry("symptom")
