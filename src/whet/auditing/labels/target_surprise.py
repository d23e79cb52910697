"""How far a number is from what models expect of it, in units of how far others like it are.

Two expectations, because each fails alone: a model fitted by squares is bent by the very outliers that are looked
for, and neighbours are coarse. Positive targets are compared as ratios, so that a price ten times too low counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter
from sklearn.neighbors import NearestNeighbors

__all__ = ["Surprise", "surprise_of"]

POSITIVE = 0.9  # share of targets above zero from which they are compared as ratios
MOST_REFERENCES = 20_000  # examples among which neighbours are looked for
NEIGHBOURS = 15
LEAST_BAND, MOST_BAND = 21, 501  # examples with like expectations whose distances say what is usual


@dataclass(frozen=True, kw_only=True)
class Surprise:
    """Of N examples."""

    distances: np.ndarray  # (N,) at least 0, in robust standard deviations
    expected: np.ndarray  # (N,) what the neighbours have, in the target's unit
    as_ratio: bool  # compared as ratios


def surprise_of(truth: np.ndarray, predicted: np.ndarray, vectors: np.ndarray, *, references: np.ndarray) -> Surprise:
    """From out-of-fold predictions (N,), and features (N, D) in which near means alike.

    Args:
        references: lines of the examples that may be neighbours, at most ``MOST_REFERENCES`` of them.
    """
    near = _neighbours_median(truth, vectors, references)
    as_ratio = bool((truth > 0).mean() >= POSITIVE)
    floor = float(np.quantile(truth[truth > 0], 0.01)) / 10 if as_ratio else 0.0

    def scale(values: np.ndarray) -> np.ndarray:
        return np.log(np.maximum(np.abs(values), floor)) if as_ratio else values

    first = _standardised(scale(truth) - scale(np.maximum(predicted, floor)), predicted)
    second = _standardised(scale(truth) - scale(near), near)
    distances = np.where(first * second > 0, np.sqrt(np.abs(first * second)), 0.0)
    if as_ratio:  # a sign that was lost is seen on the plain scale
        flipped = truth < 0
        distances[flipped] = np.maximum(distances, np.abs(_standardised(truth - near, near)))[flipped]
    return Surprise(distances=distances, expected=near, as_ratio=as_ratio)


def _neighbours_median(truth: np.ndarray, vectors: np.ndarray, references: np.ndarray) -> np.ndarray:
    count = min(NEIGHBOURS + 1, len(references))
    found = NearestNeighbors(n_neighbors=count).fit(vectors[references]).kneighbors(vectors, return_distance=False)
    lines = references[found]
    others = np.where(lines == np.arange(len(truth))[:, None], np.nan, truth[lines])
    return np.asarray(np.nanmedian(others, axis=1))


def _standardised(residuals: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Residuals over the spread of those whose expectation is alike; the middle of these counts as no surprise."""
    order = np.argsort(expected, kind="stable")
    band = int(np.clip(len(order) // 20, LEAST_BAND, MOST_BAND)) | 1
    ordered = residuals[order]
    centred = ordered - median_filter(ordered, size=band, mode="nearest")
    usual = float(np.median(np.abs(centred)))
    spread = np.maximum(median_filter(np.abs(centred), size=band, mode="nearest"), 0.5 * usual)
    found = np.zeros(len(residuals))
    found[order] = centred / np.maximum(1.4826 * spread, 1e-12)
    return found
