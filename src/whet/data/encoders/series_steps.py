"""Steps that turn recorded series with holes and different lengths into plain arrays.

All of them take (N, C, T) float arrays in which NaN marks a missing value or the time after a series' end.
"""

from __future__ import annotations

import numpy as np

__all__ = ["fill_missing", "fit_length", "is_normalised", "normalise_each"]

_FLAT = 1e-6  # a deviation below this share of the largest value is rounding, not signal


def fill_missing(values: np.ndarray) -> np.ndarray:
    """Holes by linear interpolation; before the first and after the last value, that value again; all missing: 0.

    >>> fill_missing(np.array([[[np.nan, 1.0, np.nan, 3.0, np.nan]]]))[0, 0].tolist()
    [1.0, 1.0, 2.0, 3.0, 3.0]
    """
    present = np.isfinite(values)
    if present.all():
        return values
    steps = np.arange(values.shape[-1])
    before = np.maximum.accumulate(np.where(present, steps, -1), axis=-1)
    after = np.minimum.accumulate(np.where(present, steps, len(steps))[..., ::-1], axis=-1)[..., ::-1]
    left = np.where(before >= 0, before, np.minimum(after, len(steps) - 1))
    right = np.where(after < len(steps), after, left)
    known = np.where(present, values, 0)
    low, high = np.take_along_axis(known, left, -1), np.take_along_axis(known, right, -1)
    weight = ((steps - left) / np.maximum(right - left, 1)).astype(values.dtype)
    # A hole at the very start has left == right == the first value, so the negative weight multiplies zero.
    return np.asarray(low + weight * (high - low))


def fit_length(values: np.ndarray, length: int) -> np.ndarray:
    """The first ``length`` steps; shorter series get missing values at their end."""
    missing = length - values.shape[-1]
    if missing <= 0:
        return values[..., :length]
    return np.pad(values, ((0, 0), (0, 0), (0, missing)), constant_values=np.nan)


def normalise_each(values: np.ndarray) -> np.ndarray:
    """Every channel of every series to mean 0 and standard deviation 1 over its observed steps; a flat one to 0.

    >>> normalise_each(np.array([[[1.0, 3.0, np.nan], [5.0, 5.0, 5.0]]]))[0].tolist()
    [[-1.0, 1.0, nan], [0.0, 0.0, 0.0]]
    """
    mean, std, flat = _moments(values)
    return np.asarray((values - mean) / np.where(flat, np.inf, std), dtype=values.dtype)


def is_normalised(values: np.ndarray, *, tolerance: float = 0.05) -> bool:
    """Whether at least 95 % of the channels that vary already have mean 0 and standard deviation 1."""
    mean, std, flat = _moments(values)
    fits = (np.abs(mean) < tolerance) & (np.abs(std - 1) < tolerance)
    return bool((~flat).any() and fits[~flat].mean() >= 0.95)


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, C, 1) mean, standard deviation, and whether it is practically zero; of the observed steps, in float64."""
    present = np.isfinite(values)
    count = np.maximum(present.sum(axis=-1, keepdims=True), 1)
    known = np.where(present, values, 0).astype(np.float64)
    mean = known.sum(axis=-1, keepdims=True) / count
    centred = np.where(present, known - mean, 0)
    std = np.sqrt((centred**2).sum(axis=-1, keepdims=True) / count)
    return mean, std, std <= _FLAT * np.abs(known).max(axis=-1, keepdims=True, initial=0)
