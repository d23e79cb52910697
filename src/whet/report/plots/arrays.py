"""Truth and scores of the sealed test as arrays; rows without finite scores cannot be drawn and are counted."""

from __future__ import annotations

import numpy as np

from whet.report.data import ReportData

__all__ = ["class_names", "classes_of", "numbers_of"]


def classes_of(data: ReportData) -> tuple[np.ndarray, np.ndarray]:
    """Truth (N,) int64 codes and scores (N, K) float64; both empty where the target is a number."""
    if data.target_kind != "classes" or not data.test_truth:
        return np.empty(0, dtype=np.int64), np.empty((0, len(data.labels)))
    scores = np.asarray(data.test_scores, dtype=np.float64)
    held = np.isfinite(scores).all(axis=1)
    return np.asarray(data.test_truth)[held].astype(np.int64), scores[held]


def numbers_of(data: ReportData) -> tuple[np.ndarray, np.ndarray]:
    """Truth and prediction, (N,) float64 each, in the target's units; both empty where the target is a class."""
    if data.target_kind != "number" or not data.test_truth:
        return np.empty(0), np.empty(0)
    truth, predicted = np.asarray(data.test_truth), np.asarray(data.test_scores, dtype=np.float64)[:, 0]
    held = np.isfinite(truth) & np.isfinite(predicted)
    return truth[held], predicted[held]


def class_names(data: ReportData) -> list[str]:
    """One label per class that the plots' font can show."""
    from whet.report.plots.canvas import shown_label

    return [shown_label(label, longest=16, otherwise=f"class {i}") for i, label in enumerate(data.labels)]
