"""Differences between two ways over the same draws: mean and 95 % interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats


def paired(better: Sequence[float], worse: Sequence[float]) -> dict[str, Any]:
    """Student's interval over draws of ``better - worse``.

    >>> paired([0.9, 0.8, 0.7], [0.8, 0.7, 0.7])["mean"]
    0.0667
    """
    differences = np.asarray(better) - np.asarray(worse)
    mean, count = float(differences.mean()), len(differences)
    if count < 2:
        return {"mean": round(mean, 4), "low": None, "high": None, "draws": count}
    half = float(stats.t.ppf(0.975, count - 1) * differences.std(ddof=1) / count**0.5)
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4), "draws": count}


def summary(values: Sequence[float]) -> dict[str, Any]:
    """The scores of one way."""
    return {"mean": round(float(np.mean(values)), 4), "each": [round(float(v), 4) for v in values]}
