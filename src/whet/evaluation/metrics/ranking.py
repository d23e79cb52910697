"""Area under the ROC curve: the chance that a random example of a class is ranked above a random other one.

Helps: two classes of very different size, when the threshold is chosen later. Hurts: when probabilities must be right,
or when only the top of the ranking matters. Two classes: of the second. More: the mean over one-versus-rest problems
of the classes that occur in the truth. Undefined (NaN) when the truth holds a single class.
Source: Hanley & McNeil, "The meaning and use of the area under a ROC curve", Radiology 1982.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse
from sklearn.metrics import roc_auc_score

from whet.evaluation.additive import Sums, additive_forms
from whet.evaluation.counts import one_hot
from whet.evaluation.metric import Metric, metrics

__all__: list[str] = []

MAX_LEVELS = 1024  # more distinct scores are resampled on quantile bins: the spread moves by under 1 %


def problems(truth: np.ndarray, scores: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(is positive (N,), score (N,)) of each one-versus-rest problem that has both sides."""
    classes = [1] if scores.shape[1] == 2 else np.unique(truth).tolist()
    for k in classes:
        positive = truth == k
        if positive.any() and not positive.all():
            yield positive, scores[:, k]


def roc_auc(truth: np.ndarray, scores: np.ndarray) -> float:
    """In [0, 1], 0.5 is chance, NaN for a single class.

    >>> roc_auc(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.95, 0.05]]))
    0.5
    """
    areas = [float(roc_auc_score(positive, score)) for positive, score in problems(truth, scores)]
    return float(np.mean(areas)) if areas else float("nan")


@additive_forms.register("roc_auc")
def roc_auc_sums(truth: np.ndarray, scores: np.ndarray) -> Sums:
    """Counts of positives and negatives on each level of the score; exact up to ``MAX_LEVELS`` distinct scores."""
    parts, sizes = [], []
    shift = 0.0  # read by ``finish`` when it is called, so it is still zero while it is being measured
    for positive, score in problems(truth, scores):
        level = _levels(score)
        size = int(level.max()) + 1
        parts.append(one_hot(level + size * positive, 2 * size))
        sizes.append(size)
    features = sparse.hstack(parts, format="csr") if parts else sparse.csr_array((len(truth), 0))

    def finish(sums: np.ndarray) -> np.ndarray:
        blocks = np.split(sums, np.cumsum([2 * s for s in sizes])[:-1]) if sizes else []
        areas = np.array([_area(*np.split(block, 2)) for block in blocks]).reshape(len(sizes), sums.shape[1])
        known = np.isfinite(areas)
        total = np.where(known, areas, 0.0).sum(axis=0)
        return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1) + shift, np.nan)

    binned = Sums(features, finish)
    shift = roc_auc(truth, scores) - binned.score() if sizes else 0.0  # what the bins lost, put back
    return binned


def _levels(score: np.ndarray) -> np.ndarray:
    values, level = np.unique(score, return_inverse=True)
    if len(values) <= MAX_LEVELS:
        return np.asarray(level)
    return np.asarray(level * MAX_LEVELS // len(values))


def _area(negatives: np.ndarray, positives: np.ndarray) -> np.ndarray:
    below = np.cumsum(negatives, axis=0) - negatives  # (levels, B): negatives ranked strictly lower
    wins = (positives * (below + 0.5 * negatives)).sum(axis=0, dtype=np.float64)
    pairs = positives.sum(axis=0, dtype=np.float64) * negatives.sum(axis=0, dtype=np.float64)
    return np.where(pairs > 0, wins / np.where(pairs > 0, pairs, 1.0), np.nan)


metrics.register("roc_auc")(
    Metric(name="roc_auc", title="ROC-AUC", higher_is_better=True, kinds=frozenset({"classes"}), compute=roc_auc)
)
