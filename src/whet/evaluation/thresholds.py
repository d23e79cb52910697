"""Decision weights: one factor per class on the probabilities before the largest is chosen.

For two classes this is the decision threshold p(second) > w0 / (w0 + w1). Found by coordinate ascent on validation
examples and kept only when cross-fitting (fit on four fifths, measure on the rest) also shows a gain.
Helps: F1 and balanced accuracy on unequal classes. Hurts: nothing that only ranks; accuracy gains little.
Source: Fan & Lin, "A Study on Threshold Selection for Multi-label Classification", 2007; the coordinate ascent.
"""

from __future__ import annotations

import numpy as np

from whet.evaluation.additive import Sums, sums_of
from whet.evaluation.metric import Metric

__all__ = ["apply_class_weights", "fit_class_weights_for_decision"]

FACTORS = np.exp(np.linspace(-np.log(64), np.log(64), 49))
SWEEPS = 3
MIN_EXAMPLES, MIN_PER_CLASS, NUM_FOLDS = 100, 10, 5
DECIDED = ("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1")


def fit_class_weights_for_decision(scores: np.ndarray, truth: np.ndarray, metric: Metric) -> np.ndarray:
    """(K,) positive factors, largest 1; all ones when nothing is to be gained for certain.

    Nothing is gained by metrics that do not look at the chosen class, on fewer than 100 examples, or with a class of
    fewer than 10 (its factor would be fitted to noise).
    """
    num_classes = scores.shape[1]
    neutral = np.ones(num_classes)
    sizes = np.bincount(truth, minlength=num_classes)
    if metric.name not in DECIDED or len(truth) < MIN_EXAMPLES or sizes.min() < MIN_PER_CLASS:
        return neutral
    folds = _stratified(truth)
    crossed = scores.copy()
    for fold in range(NUM_FOLDS):
        kept = folds != fold
        crossed[~kept] *= _ascend(scores[kept], truth[kept], metric)
    if metric.compute(truth, crossed) <= metric.compute(truth, scores):
        return neutral
    return _ascend(scores, truth, metric)


def apply_class_weights(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(N, K) weighted scores: only their order within a row has a meaning; ones change nothing."""
    return np.asarray(scores * weights)


def _ascend(scores: np.ndarray, truth: np.ndarray, metric: Metric) -> np.ndarray:
    weights = np.ones(scores.shape[1])
    best = _score(metric, truth, scores)
    classes = [1] if len(weights) == 2 else range(len(weights))
    for _ in range(SWEEPS):
        before = best
        for k in classes:
            tried = [_score(metric, truth, scores * _changed(weights, k, f)) for f in FACTORS]
            if max(tried) > best:
                # the middle of the plateau of equally good factors, which generalises better than its edge
                plateau = np.flatnonzero(np.isclose(tried, max(tried), rtol=0, atol=1e-12))
                weights, best = _changed(weights, k, FACTORS[plateau[len(plateau) // 2]]), max(tried)
        if best <= before:
            break
    return np.asarray(weights / weights.max())


def _changed(weights: np.ndarray, k: int, factor: float) -> np.ndarray:
    changed = weights.copy()
    changed[k] = factor
    return changed


def _score(metric: Metric, truth: np.ndarray, scores: np.ndarray) -> float:
    sums = sums_of(metric, truth, scores)
    assert isinstance(sums, Sums)  # every metric in DECIDED has an additive form
    return sums.score()


def _stratified(truth: np.ndarray) -> np.ndarray:
    """(N,) fold of each example: the examples of a class take turns, so it needs no random draw."""
    folds = np.empty(len(truth), dtype=np.int64)
    for k in np.unique(truth):
        members = np.flatnonzero(truth == k)
        folds[members] = np.arange(len(members)) % NUM_FOLDS
    return folds
