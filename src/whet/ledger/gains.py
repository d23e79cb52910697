"""Per-example gains: for a metric that is a mean over examples, the difference each example makes.

Root mean squared error is no mean, but a - b = (a² - b²) / (a + b) holds exactly, and a², b² are means.
"""

from __future__ import annotations

import numpy as np

from whet.evaluation.bootstrap import cluster_codes
from whet.evaluation.metric import Metric, metrics

__all__ = ["example_gains", "mean_variance"]


def example_gains(metric: Metric, truth: np.ndarray, candidate: np.ndarray, incumbent: np.ndarray) -> np.ndarray | None:
    """(N,) seed-averaged gains whose mean is the gain in the metric; None when there is no such form.

    ``candidate`` (k, N, K) and ``incumbent`` (k_inc, N, K); positive is better.
    """
    if metric.name == "rmse":
        return _root_gains(_values(metrics["mse"], truth, candidate), _values(metrics["mse"], truth, incumbent))
    if metric.per_example is None:
        return None
    sign = 1.0 if metric.higher_is_better else -1.0
    after, before = _values(metric, truth, candidate), _values(metric, truth, incumbent)
    return np.asarray(sign * (after.mean(axis=0) - before.mean(axis=0)))


def mean_variance(values: np.ndarray, clusters: np.ndarray | None) -> tuple[float, float]:
    """(variance of the mean of (N,) ``values``, its degrees of freedom), robust to clusters of alike examples.

    >>> mean_variance(np.array([0.0, 2.0]), None)
    (1.0, 1.0)
    """
    if clusters is None:
        return float(values.var(ddof=1) / len(values)), float(len(values) - 1)
    sums = np.bincount(cluster_codes(len(values), clusters), weights=values - values.mean())
    count = len(sums)
    return float(np.square(sums).sum() / len(values) ** 2 * count / (count - 1)), float(count - 1)


def _values(metric: Metric, truth: np.ndarray, runs: np.ndarray) -> np.ndarray:
    assert metric.per_example is not None
    return np.stack([metric.per_example(truth, scores) for scores in runs])  # (k, N)


def _root_gains(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The identity for every pair of a candidate and an incumbent run, averaged; (k, N) squared errors each."""
    roots = np.sqrt(after.mean(axis=1))[:, None] + np.sqrt(before.mean(axis=1))[None, :]  # (k, k_inc)
    shares = np.where(roots > 0, 1.0 / np.where(roots > 0, roots, 1.0), 0.0) / roots.size
    return np.asarray(shares.sum(axis=0) @ before - shares.sum(axis=1) @ after)
