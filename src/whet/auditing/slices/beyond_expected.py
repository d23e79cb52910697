"""By how much the model errs more than it says itself: what is hard, and known to be hard, is no surprise.

A classifier that gives 0.6 to its answer is expected to err in four of ten cases; for numbers the error expected is
that of predictions of the same size. Both are read off a monotone curve through out-of-fold results, so that a model
which is too sure of itself everywhere is forgiven, and one that is too sure in one group of examples is not.
Source: isotonic calibration, Zadrozny & Elkan, KDD 2002.
"""

from __future__ import annotations

import numpy as np
from sklearn.isotonic import IsotonicRegression

__all__ = ["beyond_expected"]


def beyond_expected(loss: np.ndarray, scores: np.ndarray, finding: np.ndarray) -> np.ndarray:
    """``loss`` (M,) less the loss that ``scores`` (M, K) lead one to expect; each half learns from the other.

    >>> loss, scores = np.array([0.0, 1.0] * 4), np.tile([0.5, 0.5], (8, 1))
    >>> beyond_expected(loss, scores, np.array([True] * 4 + [False] * 4)).tolist()[:2]
    [-0.5, 0.5]
    """
    sure = scores.max(axis=1) if scores.shape[1] > 1 else scores[:, 0]
    # a class that is given more is wrong less; the error of numbers may go either way
    is_rising = scores.shape[1] == 1 and float(np.dot(sure - sure.mean(), loss - loss.mean())) > 0
    expected = np.empty(len(loss))
    for half in (finding, ~finding):
        curve = IsotonicRegression(increasing=is_rising, out_of_bounds="clip")
        expected[half] = curve.fit(sure[~half], loss[~half]).predict(sure[half])
    return np.asarray(loss - expected)
