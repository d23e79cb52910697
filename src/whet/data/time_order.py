"""Splits in order of time: what is tested on is never older than what was learnt from.

A cluster counts as being at its latest time, so that no training example is later than a cut. Examples of one time
stay together. Where a group spans the whole period all of it goes to the latest part that it touches.
"""

from __future__ import annotations

import numpy as np

from whet.errors import DataError

__all__ = ["cut_by_time", "time_blocks"]


def cut_by_time(times: np.ndarray, clusters: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(N,) int64 parts, 0 the earliest; ``shares`` (P,) add up to 1.

    >>> cut_by_time(np.array([3.0, 1.0, 2.0, 4.0]), np.arange(4), np.array([0.5, 0.25, 0.25])).tolist()
    [1, 0, 0, 2]
    """
    latest = _latest(times, clusters)
    moments, counts = np.unique(latest, return_counts=True)
    if len(moments) < int((shares > 0).sum()):
        raise DataError(
            f"the time column tells only {len(moments)} moments apart once copies and groups stay together, too few "
            "for a split in order of time. Use a finer time column, or none."
        )
    before = np.cumsum(counts) - counts / 2  # a moment goes where its middle falls
    parts = np.searchsorted(np.cumsum(shares)[:-1] * len(times), before, side="left")
    return np.asarray(_none_empty(parts, shares)[np.searchsorted(moments, latest)], dtype=np.int64)


def time_blocks(times: np.ndarray, clusters: np.ndarray, num_blocks: int, shift: int) -> np.ndarray:
    """(N,) int64 block of each example: stretches of time of equal size, begun ``shift`` examples in (and wrapping)."""
    _, inverse, counts = np.unique(_latest(times, clusters), return_inverse=True, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2 + shift) % len(times)
    return np.asarray((middle * num_blocks // len(times)).astype(np.int64)[inverse])


def _latest(times: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    latest = np.full(int(clusters.max()) + 1, -np.inf)
    np.maximum.at(latest, clusters, times)
    return np.asarray(latest[clusters])


def _none_empty(parts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Move cuts so that every part that was asked for holds a moment; ``parts`` (M,) ascends."""
    wanted = np.flatnonzero(shares > 0)
    starts = np.searchsorted(parts, wanted)
    starts[0] = 0
    for i in range(1, len(wanted)):
        starts[i] = max(starts[i], starts[i - 1] + 1)
    starts = np.minimum(starts, len(parts) - np.arange(len(wanted), 0, -1))
    return np.asarray(wanted[np.searchsorted(starts, np.arange(len(parts)), side="right") - 1])
