"""By how much a group of examples differs from the others in the mean of something, with an honest interval.

Clusters (copies, declared groups) count once: the interval comes from the influence of whole clusters, which without
clusters is Welch's interval. Source: Liang & Zeger, "Longitudinal data analysis using generalized linear models",
Biometrika 1986 (the sandwich estimator), for a mean within and a mean without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

__all__ = ["Gap", "group_gap"]


@dataclass(frozen=True)
class Gap:
    """``value`` = ``inside`` - ``outside``, with its interval and the one-sided p-value of being above 0."""

    inside: float
    outside: float
    low: float
    high: float
    p: float
    num_inside: int

    @property
    def value(self) -> float:
        """The difference of the means."""
        return self.inside - self.outside


def group_gap(
    values: np.ndarray, members: np.ndarray, clusters: np.ndarray | None = None, *, confidence: float = 0.95
) -> Gap:
    """Mean of ``values`` (N,) over ``members`` (N,) bool against the mean over all others.

    >>> gap = group_gap(np.tile([1.0, 0.9, 0.1, 0.0], 20), np.tile([True, True, False, False], 20))
    >>> round(gap.value, 2), gap.low > 0.8, gap.p < 0.01
    (0.9, True, True)
    """
    inside, outside = float(values[members].mean()), float(values[~members].mean())
    num = int(members.sum())
    influence = np.where(members, (values - inside) / num, -(values - outside) / (len(values) - num))
    if clusters is not None:
        influence = np.bincount(np.unique(clusters, return_inverse=True)[1], weights=influence)
    freedom = max(1, min(num, len(values) - num, len(influence)) - 1)
    # + 0.25 / n^2: a small group without any spread must not look certain
    error = float(np.sqrt((freedom + 1) / freedom * np.square(influence).sum() + _floor(values, num)))
    half = -float(stdtrit(freedom, (1 - confidence) / 2)) * error
    value = inside - outside
    p = float(stdtr(freedom, -value / error)) if error > 0 else float(value <= 0)
    return Gap(inside, outside, value - half, value + half, p, num)


def _floor(values: np.ndarray, num: int) -> float:
    """A variance of the mean that even ``num`` equal values leave open: that of one example as far off as usual."""
    return float(values.var()) / num**2
