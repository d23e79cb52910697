"""What an ensemble is chosen on: log-loss of probabilities, or squared error of numbers.

Both move with every example, so they tell ensembles apart that make the same number of mistakes.
"""

from __future__ import annotations

import numpy as np

__all__ = ["is_worse", "loss_of", "losses_of"]

LEAST = 1e-9  # probability below which a mistake costs no more


def losses_of(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(N,) log-losses of (N, K) probabilities and codes, or squared errors of (N, 1) values and numbers.

    >>> losses_of(np.array([[1.0], [3.0]]), np.array([1.0, 1.0])).tolist()
    [0.0, 4.0]
    """
    if scores.shape[1] == 1:
        return np.asarray((scores[:, 0] - truth) ** 2)
    return np.asarray(-np.log(np.clip(scores[np.arange(len(truth)), truth], LEAST, None)))


def loss_of(scores: np.ndarray, truth: np.ndarray) -> float:
    """Log-loss of (N, K) probabilities, or mean squared error of (N, 1) values."""
    return float(losses_of(scores, truth).mean())


def is_worse(scores: np.ndarray, than: np.ndarray, truth: np.ndarray) -> bool:
    """Is the loss of ``scores`` higher by more than two standard errors of the paired difference."""
    excess = losses_of(scores, truth) - losses_of(than, truth)
    return bool(excess.mean() > 2 * excess.std() / np.sqrt(max(1, len(truth) - 1)))
