"""Accuracy and balanced accuracy.

Accuracy helps: classes of similar size. Hurts: rare classes that matter: always saying the commonest looks good.
Balanced accuracy is the mean over classes of the share found: chance is 1/K whatever the sizes.
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics import recall_score

from whet.evaluation.additive import additive_forms
from whet.evaluation.counts import count_form
from whet.evaluation.metric import Metric, metrics

__all__: list[str] = []


def right(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(N,) 1.0 where the most probable class is the true one; ties go to the first class."""
    return np.asarray(scores.argmax(axis=1) == truth, dtype=np.float64)


def accuracy(truth: np.ndarray, scores: np.ndarray) -> float:
    """Share of examples whose most probable class is right, in [0, 1].

    >>> accuracy(np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]]))
    0.5
    """
    return float(right(truth, scores).mean())


def balanced_accuracy(truth: np.ndarray, scores: np.ndarray) -> float:
    """Mean recall over the classes that occur in ``truth``, in [0, 1]."""
    predicted = scores.argmax(axis=1)
    return float(recall_score(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0.0))


metrics.register("accuracy")(
    Metric(
        name="accuracy",
        title="accuracy",
        higher_is_better=True,
        kinds=frozenset({"classes"}),
        compute=accuracy,
        per_example=right,
    )
)
metrics.register("balanced_accuracy")(
    Metric(
        name="balanced_accuracy",
        title="balanced accuracy",
        higher_is_better=True,
        kinds=frozenset({"classes"}),
        compute=balanced_accuracy,
    )
)
additive_forms.register("balanced_accuracy")(count_form(lambda true, _, hits: hits / np.maximum(true, 1e-12)))
