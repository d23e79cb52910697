"""Intervals: in which range would the score, or the gain, lie on other examples of the same kind?

Accuracy gets Wilson's interval, widened by the design effect when examples come in clusters. Everything else gets the
cluster bootstrap with Hesterberg's expanded percentiles, which put back the width that few clusters lose. The model
is taken as it is: what another training seed would give is the judge's business.
Sources: Wilson, JASA 1927; Kish, "Survey Sampling", 1965; Hesterberg, "What Teachers Should Know About the
    Bootstrap", American Statistician 2015.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from whet.errors import ConfigError, DataError
from whet.evaluation.bootstrap import cluster_codes, resampled_scores
from whet.evaluation.metric import Metric, metrics
from whet.rng import make_numpy_generator

__all__ = ["Interval", "gain_interval", "percentile_interval", "score_interval", "wilson"]


class Interval(NamedTuple):
    """A value with its interval, in the metric's unit."""

    value: float
    low: float
    high: float


def score_interval(
    metric: Metric,
    truth: np.ndarray,
    scores: np.ndarray,
    *,
    clusters: np.ndarray | None = None,
    confidence: float = 0.95,
    seed: int,
) -> Interval:
    """The score of (N, K) ``scores`` with its interval. ``clusters`` (N,): examples with one id belong together."""
    _check(truth, confidence)
    value = metric.compute(truth, scores)
    if metric.name == "accuracy":
        assert metric.per_example is not None
        size = _effective_size(metric.per_example(truth, scores), clusters)
        return Interval(value, *wilson(value, size, confidence=confidence))
    generator = make_numpy_generator(seed, "score interval")
    draws = resampled_scores(metric, truth, [scores], clusters=clusters, generator=generator)[0]
    return _around(metric, value, draws, _num_clusters(truth, clusters), confidence)


def gain_interval(
    metric: Metric,
    truth: np.ndarray,
    candidate: np.ndarray,
    incumbent: np.ndarray,
    *,
    clusters: np.ndarray | None = None,
    confidence: float = 0.95,
    seed: int,
) -> Interval:
    """How much better (N, K) ``candidate`` is than ``incumbent`` on the same examples; positive is better.

    For rmse the exact identity a - b = (a² - b²) / (a + b) makes the gain a mean of per-example differences.
    """
    _check(truth, confidence)
    sign = 1.0 if metric.higher_is_better else -1.0
    generator = make_numpy_generator(seed, "gain interval")
    value = sign * (metric.compute(truth, candidate) - metric.compute(truth, incumbent))
    if metric.name == "rmse":
        total = metric.compute(truth, candidate) + metric.compute(truth, incumbent)
        squares = resampled_scores(
            metrics["mse"], truth, [candidate, incumbent], clusters=clusters, generator=generator
        )
        draws = sign * (squares[0] - squares[1]) / (total or 1.0)
    else:
        both = resampled_scores(metric, truth, [candidate, incumbent], clusters=clusters, generator=generator)
        draws = sign * (both[0] - both[1])
    return _around(metric, value, draws, _num_clusters(truth, clusters), confidence)


def wilson(share: float, size: float, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a share observed on ``size`` (effective) examples.

    >>> [round(x, 4) for x in wilson(0.9, 100)]
    [0.8256, 0.9448]
    """
    z = float(ndtri(0.5 + confidence / 2))
    centre = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * np.sqrt(share * (1 - share) / size + (z / (2 * size)) ** 2)
    # min and max: at 0 and 1 rounding must not push the share out of its own interval
    return max(0.0, min(float(centre - half), share)), min(1.0, max(float(centre + half), share))


def percentile_interval(draws: np.ndarray, *, num_clusters: int, confidence: float) -> tuple[float, float]:
    """The expanded percentile interval of (B,) bootstrap ``draws`` from ``num_clusters`` clusters."""
    if num_clusters < 2:
        raise DataError("an interval needs at least 2 independent examples or groups; there is only 1.")
    stretch = np.sqrt(num_clusters / (num_clusters - 1)) * stdtrit(num_clusters - 1, (1 - confidence) / 2)
    tail = float(ndtr(stretch))
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def _around(metric: Metric, value: float, draws: np.ndarray, num_clusters: int, confidence: float) -> Interval:
    if not np.isfinite(value):
        raise DataError(
            f"{metric.title} is undefined on these {num_clusters:,} examples or groups: the truth holds a single "
            "value. Evaluate on examples of at least two classes or values."
        )
    low, high = percentile_interval(draws[np.isfinite(draws)], num_clusters=num_clusters, confidence=confidence)
    return Interval(value + 0.0, min(low, value) + 0.0, max(high, value) + 0.0)  # + 0.0: no minus zero


def _effective_size(right: np.ndarray, clusters: np.ndarray | None) -> float:
    """Examples divided by the design effect: how much the mean of ``right`` varies more than were all independent."""
    codes = cluster_codes(len(right), clusters)
    num_clusters = int(codes.max()) + 1
    share = right.mean()
    if num_clusters == len(right):
        return float(len(right))
    if share in (0.0, 1.0):
        return float(num_clusters)  # nothing varies, so nothing can be measured: count each cluster once
    between = np.bincount(codes, weights=right - share)
    variance = np.square(between).sum() / len(right) ** 2 * num_clusters / max(num_clusters - 1, 1)
    effect = variance / (share * (1 - share) / len(right))
    return float(len(right) / max(effect, 1.0))


def _num_clusters(truth: np.ndarray, clusters: np.ndarray | None) -> int:
    return len(truth) if clusters is None else len(np.unique(clusters))


def _check(truth: np.ndarray, confidence: float) -> None:
    if len(truth) == 0:
        raise DataError("there are no examples to score; an interval needs at least 2.")
    if not 0.0 < confidence < 1.0:
        raise ConfigError(f"confidence must be in (0, 1); got {confidence!r}. Use 0.95 for a 95 % interval.")
