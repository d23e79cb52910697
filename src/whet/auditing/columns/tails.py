"""Values that lie beyond a gap: outliers of any distribution, heavy tails included.

For the largest distances d(1) >= d(2) >= ... of a sample with a power-law tail, the spacings k (ln d(k) - ln d(k+1))
are independent and exponential, all with the tail index as their mean; with a lighter tail they shrink outwards. A
spacing far above that mean is a gap that no such tail explains, however heavy it is. Source: Renyi's representation of
order statistics (1953); the mean of the spacings is the estimator of Hill (Annals of Statistics, 1975), here from the
ranks behind those under suspicion, so that outliers do not hide themselves.
"""

from __future__ import annotations

import numpy as np

__all__ = ["beyond_gap"]


def beyond_gap(distances: np.ndarray, *, ratio: float, most: float = 0.06, strictness: float = 9.0) -> float:
    """The distance from which values are outliers; infinity where there are none.

    Args:
        distances: (N,) at least 0; NaN is left out.
        ratio: the first outlier is at least so many times as far as the last value that is none.
        most: share of the values that can be outliers.
        strictness: a heavy tail without outliers is taken for one about once in exp(strictness) sets.

    >>> values = np.abs(np.random.default_rng(0).standard_t(2, size=5_000))
    >>> beyond_gap(values, ratio=2.0)
    inf
    >>> beyond_gap(np.append(values, [5_000.0, 6_000.0]), ratio=2.0)
    5000.0
    """
    far = np.sort(distances[distances > 0])[::-1]
    highest = min(int(np.ceil(most * np.isfinite(distances).sum())), len(far) // 3)
    if highest < 1 or len(far) < 20:
        return float("inf")
    ranks = np.arange(1, min(2 * highest + 20, len(far) - 1) + 1)
    logs = np.log(far[: len(ranks) + 1])
    spacings = ranks * (logs[:-1] - logs[1:])
    # 2 ln k: the k-th spacing may err 1 / k^2 as often as the first, so that all of them together err hardly more.
    usual = max(float(spacings[highest // 2 :].mean()), 1e-12)
    steps = far[:highest] / far[1 : highest + 1]
    wide = np.flatnonzero((steps >= ratio) & (spacings[:highest] / usual >= strictness + 2 * np.log(ranks[:highest])))
    return float(far[wide[-1]]) if len(wide) else float("inf")
