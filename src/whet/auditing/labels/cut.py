"""Where to cut a list of suspects: as many as possible while most of them are expected to be right."""

from __future__ import annotations

import numpy as np

__all__ = ["cut_at"]


def cut_at(probs: np.ndarray, *, precision: float, least: float = 0.5) -> np.ndarray:
    """Lines of the suspects, the surest first: their mean probability stays at or above ``precision``.

    Args:
        probs: (N,) probability of each that the suspicion is right.
        least: nobody below it is a suspect, however well the others do.

    >>> cut_at(np.array([0.1, 0.9, 0.55, 0.99, 0.3]), precision=0.8).tolist()
    [3, 1, 2]
    """
    order = np.argsort(-probs, kind="stable")
    expected = np.cumsum(probs[order]) / np.arange(1, len(probs) + 1)
    return np.asarray(order[: int(((expected >= precision) & (probs[order] >= least)).sum())])
