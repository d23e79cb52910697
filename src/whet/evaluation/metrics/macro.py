"""Precision, recall and F1 per class, averaged with equal weight.

Helps: several classes of very different size. Hurts: classes with a handful of examples, whose noise weighs in fully.
The mean goes over the classes that occur in the truth (scikit-learn also counts classes that are only predicted), so
that a resample without a rare class is judged on the others; a class that is never predicted has precision 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.metrics import f1_score, precision_score, recall_score

from whet.evaluation.additive import additive_forms
from whet.evaluation.counts import FromCounts, count_form
from whet.evaluation.metric import Metric, metrics

__all__: list[str] = []


def macro(score: Callable[..., float]) -> Callable[[np.ndarray, np.ndarray], float]:
    """The macro average of a scikit-learn per-class score over the classes of ``truth``."""

    def compute(truth: np.ndarray, scores: np.ndarray) -> float:
        predicted = scores.argmax(axis=1)
        return float(score(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0.0))

    return compute


def per_class(hits: np.ndarray, out_of: np.ndarray) -> np.ndarray:
    """``hits / out_of``, 0 where nothing was there to hit."""
    return np.asarray(hits / np.maximum(out_of, 1e-12))


FAMILY: list[tuple[str, str, Callable[..., float], FromCounts]] = [
    ("macro_precision", "macro precision", precision_score, lambda _, guessed, hits: per_class(hits, guessed)),
    ("macro_recall", "macro recall", recall_score, lambda true, _, hits: per_class(hits, true)),
    ("macro_f1", "macro F1", f1_score, lambda true, guessed, hits: per_class(2 * hits, true + guessed)),
]

for name, title, score, from_counts in FAMILY:
    metrics.register(name)(
        Metric(name=name, title=title, higher_is_better=True, kinds=frozenset({"classes"}), compute=macro(score))
    )
    additive_forms.register(name)(count_form(from_counts))
