"""Runs: stretches of steps in which something holds."""

from __future__ import annotations

import numpy as np

__all__ = ["longest_run"]


def longest_run(holds: np.ndarray) -> np.ndarray:
    """(...,) int: the longest stretch of True along the last axis of ``holds`` (..., T).

    >>> longest_run(np.array([[True, True, False, True], [False, False, False, False]])).tolist()
    [2, 0]
    """
    if not holds.shape[-1]:
        return np.zeros(holds.shape[:-1], np.int64)
    counted = np.cumsum(holds, axis=-1, dtype=np.int32)
    before = np.maximum.accumulate(np.where(holds, 0, counted), axis=-1)
    return np.asarray((counted - before).max(axis=-1))
