"""Metrics as functions of sums over examples, so that thousands of resamples cost one sparse product.

A resample of the examples is a weight per example. When a metric can be written as ``finish(sum_i w_i f_i)`` with a
few non-zero features f per example, all B resamples are ``features.T @ weights`` with ``weights`` (N, B). Means, F1,
R2, calibration error and ROC-AUC all have such a form; a metric without one is still resampled, one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from whet.evaluation.metric import Metric
from whet.registry import Registry

__all__ = ["Sums", "additive_forms", "mean_sums", "sums_of"]


@dataclass(frozen=True)
class Sums:
    """``features`` (N, M) sparse; ``finish`` turns (M, B) weighted sums into (B,) scores, NaN where undefined."""

    features: sparse.csr_array
    finish: Callable[[np.ndarray], np.ndarray]

    def score(self) -> float:
        """The metric on the examples as they are."""
        return float(self.finish(np.asarray(self.features.sum(axis=0), dtype=np.float64)[:, None])[0])


Form = Callable[[np.ndarray, np.ndarray], Sums]  # (truth, scores) -> Sums, registered under the metric's name

additive_forms: Registry[Form] = Registry("additive form")


def sums_of(metric: Metric, truth: np.ndarray, scores: np.ndarray) -> Sums | None:
    """The additive form of ``metric`` on these examples; None when it has none."""
    if metric.name in additive_forms:
        return additive_forms[metric.name](truth, scores)
    if metric.per_example is not None:
        return mean_sums(metric.per_example(truth, scores))
    return None


def mean_sums(values: np.ndarray, transform: Callable[[np.ndarray], np.ndarray] = lambda mean: mean) -> Sums:
    """``transform`` of the mean of (N,) values.

    >>> round(mean_sums(np.array([1.0, 4.0, 22.0]), np.sqrt).score(), 6)
    3.0
    """
    # centred, because float32 sums of a large common part would drown the differences between resamples
    centre = float(values.mean()) if len(values) else 0.0
    features = sparse.csr_array(np.stack([np.ones(len(values)), values - centre], axis=1))

    def finish(sums: np.ndarray) -> np.ndarray:
        return np.asarray(transform(sums[1] / sums[0] + centre))

    return Sums(features, finish)
