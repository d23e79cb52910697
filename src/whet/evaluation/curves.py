"""What reports draw: the ROC curve and the confusion matrix."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import confusion_matrix as sklearn_confusion
from sklearn.metrics import roc_curve

from whet.errors import DataError

__all__ = ["confusion_matrix", "roc_points"]


def roc_points(truth: np.ndarray, scores: np.ndarray, *, code: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(false positive rate (P,), true positive rate (P,)) of class ``code`` against the others, from (0,0) to (1,1)."""
    positive = truth == code
    if positive.all() or not positive.any():
        raise DataError(
            f"the ROC curve of class {code} needs examples inside and outside the class; "
            f"it has {int(positive.sum())} of {len(truth)}."
        )
    false_rate, true_rate, _ = roc_curve(positive, scores[:, code])
    return false_rate, true_rate


def confusion_matrix(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(K, K) int64 counts: row = true class, column = most probable class.

    >>> confusion_matrix(np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]])).tolist()
    [[1, 0], [1, 0]]
    """
    labels = np.arange(scores.shape[1])
    return np.asarray(sklearn_confusion(truth, scores.argmax(axis=1), labels=labels), dtype=np.int64)
