"""Near-duplicate series: equal in shape within a thousandth, whatever their level and scale.

Each series is brought to mean 0 and spread 1 per channel; averages over 32 stretches of time find candidates, and the
series themselves decide. The bound is strict on purpose: two heart beats look alike without being one recording.
Source: piecewise aggregate approximation, Keogh et al., 2001 (distances between averages never exceed the true ones).
"""

from __future__ import annotations

import numpy as np

from whet.data.columns import SeriesColumn
from whet.data.near.vectors import close_pairs, equal_pairs, row_hashes

__all__ = ["series_pairs"]

_RADIUS = 0.005  # root mean square difference, in standard deviations of the series
_STRETCHES = 32
_ROWS = 1024


def series_pairs(column: SeriesColumn) -> np.ndarray:
    """(P, 2) int64 pairs of examples; flat series are left alone, having no shape."""
    hashes, averages, flat = _describe(column)
    exact = equal_pairs(hashes)
    exact = exact[~flat[exact[:, 1]]]
    rest = np.setdiff1d(np.flatnonzero(~flat), exact[:, 1])
    pairs = rest[close_pairs(averages[rest], _RADIUS)]
    return np.concatenate([exact, pairs[_confirmed(column, pairs)]])


def _describe(column: SeriesColumn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    num, (channels, steps) = len(column.rows), column.values.shape[1:]
    edges = np.linspace(0, steps, min(_STRETCHES, steps) + 1).astype(np.int64)
    weights = np.sqrt(np.diff(edges) / (steps * channels))  # so that distances are root mean squares
    hashes = np.zeros(num, dtype=np.uint64)
    averages = np.zeros((num, channels * len(weights)), dtype=np.float32)
    flat = np.zeros(num, dtype=bool)
    for start in range(0, num, _ROWS):
        index = np.arange(start, min(start + _ROWS, num))
        shapes, flat[index] = _normalised(column.gather(index))
        hashes[index] = row_hashes(np.round(shapes, 4) + 0.0)  # + 0.0 turns -0 into 0
        means = np.add.reduceat(shapes, edges[:-1], axis=2) / np.diff(edges)
        averages[index] = (means * weights).reshape(len(index), -1)
    return hashes, averages, flat


def _normalised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(B, C, T) with mean 0 and spread 1 per channel, missing steps at 0; and (B,) bool: no channel has any shape."""
    present = np.isfinite(values)
    count = np.maximum(present.sum(axis=2, keepdims=True), 1)
    filled = np.where(present, values, 0).astype(np.float64)
    centred = np.where(present, filled - filled.sum(axis=2, keepdims=True) / count, 0)
    spread = np.sqrt((centred**2).sum(axis=2, keepdims=True) / count)
    shapes = centred / np.where(spread > 1e-9, spread, np.inf)
    return shapes.astype(np.float32), ~(spread > 1e-9).any(axis=(1, 2))


def _confirmed(column: SeriesColumn, pairs: np.ndarray) -> np.ndarray:
    agree = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), _ROWS):
        left, right = (_normalised(column.gather(side))[0] for side in pairs[start : start + _ROWS].T)
        distance = np.sqrt(((left - right) ** 2).mean(axis=(1, 2)))
        agree[start : start + len(left)] = distance <= _RADIUS
    return agree
