"""The contract of a metric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from whet.registry import Registry

__all__ = ["Metric", "metrics"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A score of predictions against truth.

    ``compute(truth, scores)``: truth is (N,) int64 class codes or (N,) float64 numbers in their own units,
    scores is (N, K) probabilities or (N, 1) values.
    ``per_example(truth, scores)`` -> (N,) is given when the metric is a mean over examples, else None.
    """

    name: str
    title: str  # for people: "accuracy", "ROC-AUC"
    higher_is_better: bool
    kinds: frozenset[str]  # target kinds: "classes", "number"
    compute: Callable[[np.ndarray, np.ndarray], float]
    per_example: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    unit: str = "fraction"  # "fraction" (shown in points of a hundred), "target" (the target's own units) or "nats"


metrics: Registry[Metric] = Registry("metric")
