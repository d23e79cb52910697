"""Means of the answers by key, drawn towards the mean of all: the table behind target encoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

__all__ = ["KeyMeans"]


@dataclass(frozen=True)
class KeyMeans:
    """``keys``: (U,) int64, sorted; ``values``: (U, K) means; ``prior``: (K,), what an unknown key gets.

    >>> means = KeyMeans.fit(np.array([5, 5, 8]), np.array([[1.0], [1.0], [0.0]]), smoothing=1.0)
    >>> means.apply(np.array([5, 8, 9])).ravel().round(3).tolist()  # (2 + 2/3) / 3, (0 + 2/3) / 2, 2/3
    [0.889, 0.333, 0.667]
    """

    keys: np.ndarray
    values: np.ndarray
    prior: np.ndarray

    @classmethod
    def fit(cls, keys: np.ndarray, answers: np.ndarray, *, smoothing: float) -> Self:
        """From (N,) keys and (N, K) answers; negative keys stand for no known value and count for the prior only."""
        prior = answers.mean(axis=0) if len(answers) else np.zeros(answers.shape[1])
        known = keys >= 0
        unique, place, counts = np.unique(keys[known], return_inverse=True, return_counts=True)
        sums = np.stack([np.bincount(place, a, len(unique)) for a in answers[known].T], axis=1)
        return cls(unique, (sums + smoothing * prior) / (counts[:, None] + smoothing), prior)

    def apply(self, keys: np.ndarray) -> np.ndarray:
        """(N,) -> (N, K)."""
        if not len(self.keys):
            return np.tile(self.prior, (len(keys), 1))
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.asarray(np.where((self.keys[place] == keys)[:, None], self.values[place], self.prior))

    def arrays(self) -> dict[str, np.ndarray]:
        """By field name."""
        return {"keys": self.keys, "values": self.values, "prior": self.prior}
