"""How much more an example costs than the model itself expects: what is left when difficulty is taken away."""

from __future__ import annotations

import numpy as np
from sklearn.isotonic import IsotonicRegression

__all__ = ["surprise"]


def surprise(loss: np.ndarray, scores: np.ndarray, finding: np.ndarray) -> np.ndarray:
    """(N,) loss minus what the doubt of the model leads to expect, learnt on the half ``finding`` (N,) bool.

    Args:
        loss: (N,) per example.
        scores: (N, K) probabilities; of a number (N, 1) nothing is expected but the mean loss.

    >>> loss, scores = np.array([0.0, 1.0, 0.0, 1.0]), np.array([[0.9, 0.1], [0.5, 0.5]] * 2)
    >>> surprise(loss, scores, np.array([True, True, False, False])).tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    if scores.shape[1] < 2:
        return np.asarray(loss - loss[finding].mean())
    doubt = 1.0 - scores.max(axis=1)
    expected = IsotonicRegression(out_of_bounds="clip").fit(doubt[finding], loss[finding])
    return np.asarray(loss - expected.predict(doubt))
