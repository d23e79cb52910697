"""Which predictions are the surest ones of their class."""

from __future__ import annotations

import numpy as np

__all__ = ["CORE", "SUREST", "sureness_ranks"]

SUREST = 0.3  # of the examples predicted as a class, those that are called sure
CORE = 0.08  # the surest of these


def sureness_ranks(probs: np.ndarray) -> np.ndarray:
    """(N,) in (0, 1), from ``probs`` (N, K): near 0 for the surest predictions of each class.

    >>> sureness_ranks(np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])).tolist()
    [0.25, 0.75, 0.5]
    """
    predicted, sureness = probs.argmax(axis=1), probs.max(axis=1)
    ranks = np.zeros(len(probs))
    for code in np.unique(predicted).tolist():
        lines = np.flatnonzero(predicted == code)
        ranks[lines[np.argsort(-sureness[lines], kind="stable")]] = (np.arange(len(lines)) + 0.5) / len(lines)
    return ranks
