"""Holm's correction: p-values of several tests, made fit for being looked at together.

Source: Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 1979.
"""

from __future__ import annotations

import numpy as np

__all__ = ["holm"]


def holm(p: np.ndarray) -> np.ndarray:
    """(T,) p-values -> (T,) adjusted: rejecting those below a keeps the chance of any false one under a.

    >>> [round(x, 3) for x in holm(np.array([0.01, 0.04, 0.03])).tolist()]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
