"""Per-class counts (true, predicted, right): all that balanced accuracy, precision, recall and F1 need."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

from whet.evaluation.additive import Form, Sums

__all__ = ["count_form", "one_hot"]

FromCounts = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def one_hot(codes: np.ndarray, width: int, values: np.ndarray | None = None) -> sparse.csr_array:
    """(N, width) sparse with ``values`` (default 1) at each row's code."""
    data = np.ones(len(codes)) if values is None else values
    return sparse.csr_array((data, codes, np.arange(len(codes) + 1)), shape=(len(codes), width))


def count_form(per_class: FromCounts) -> Form:
    """The additive form of the mean of ``per_class(true, predicted, right)`` over the classes present in the truth."""

    def form(truth: np.ndarray, scores: np.ndarray) -> Sums:
        num_classes = scores.shape[1]
        predicted = scores.argmax(axis=1)
        right = one_hot(truth, num_classes, (predicted == truth).astype(np.float64))
        features = sparse.hstack([one_hot(truth, num_classes), one_hot(predicted, num_classes), right], format="csr")

        def finish(sums: np.ndarray) -> np.ndarray:
            true, guessed, hits = np.split(sums, 3)  # (K, B) each
            present = true > 0
            values = np.where(present, per_class(true, guessed, hits), 0.0)
            return np.asarray(values.sum(axis=0) / np.maximum(present.sum(axis=0), 1))

        return Sums(features, finish)

    return form
