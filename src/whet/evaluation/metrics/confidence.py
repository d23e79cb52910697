"""Expected calibration error: how far the confidence of predictions lies from how often they are right.

15 bins of equal width over the largest probability; the gap |right - confidence| of each, weighted by its examples.
Helps: deciding whether a probability can be believed. Hurts: as a goal, since always predicting the class shares is
perfectly calibrated; and it is biased upwards when examples are few.
Source: Naeini et al., AAAI 2015; Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from whet.evaluation.additive import Sums, additive_forms
from whet.evaluation.counts import one_hot
from whet.evaluation.metric import Metric, metrics

__all__ = ["NUM_BINS", "confidence_bins"]

NUM_BINS = 15


def confidence_bins(confidence: np.ndarray) -> np.ndarray:
    """(N,) bin of each confidence in [0, 1]; bins are open on the left, closed on the right."""
    return np.asarray(np.clip(np.ceil(confidence * NUM_BINS).astype(np.int64) - 1, 0, NUM_BINS - 1))


@additive_forms.register("calibration_error")
def calibration_sums(truth: np.ndarray, scores: np.ndarray) -> Sums:
    """Per bin: examples, and how much oftener they are right than their confidence says."""
    confidence = scores.max(axis=1)
    bins = confidence_bins(confidence)
    surplus = (scores.argmax(axis=1) == truth) - confidence
    features = sparse.hstack([one_hot(bins, NUM_BINS), one_hot(bins, NUM_BINS, surplus)], format="csr")

    def finish(sums: np.ndarray) -> np.ndarray:
        examples, gaps = np.split(sums, 2)
        return np.asarray(np.abs(gaps).sum(axis=0) / examples.sum(axis=0))

    return Sums(features, finish)


def calibration_error(truth: np.ndarray, scores: np.ndarray) -> float:
    """In [0, 1], 0 is perfect.

    >>> calibration_error(np.array([0, 0]), np.array([[0.5, 0.5], [0.5, 0.5]]))
    0.5
    """
    return calibration_sums(truth, scores).score()


metrics.register("calibration_error")(
    Metric(
        name="calibration_error",
        title="calibration error",
        higher_is_better=False,
        kinds=frozenset({"classes"}),
        compute=calibration_error,
    )
)
