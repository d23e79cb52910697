"""Scaling of random-convolution features: standardised, or the sparse form for counts that are mostly zero.

The sparse form takes square roots, moves only what is not zero, and shrinks features that are seldom seen (Dempster et
al., "Hydra", DMKD 2023). Both end with training mean 0, which the ridge solver relies on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

__all__ = ["FeatureScale"]

_RARITY_POWER = 4  # the authors' exponent: how strongly seldom seen counts are shrunk


@dataclass(frozen=True)
class FeatureScale:
    """Learnt from training features (N, F); ``apply`` returns float32 of the same shape.

    >>> x = np.array([[0.0, 1.0], [2.0, 1.0]], np.float32)
    >>> FeatureScale.fit(x, is_sparse=False).apply(x).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """

    mean: np.ndarray  # (F,) float32
    std: np.ndarray  # (F,) float32, infinite where a feature never varies, so that it becomes 0
    centre: np.ndarray  # (F,) float32, what is left of the mean in the sparse form
    is_sparse: bool

    @classmethod
    def fit(cls, features: np.ndarray, *, is_sparse: bool) -> Self:
        """Moments of the training features, accumulated in float64."""
        values = _rooted(features) if is_sparse else features
        mean = values.mean(axis=0, dtype=np.float64)
        std = values.std(axis=0, dtype=np.float64)
        flat = std <= 1e-6 * np.abs(mean)  # rounding, not signal
        if is_sparse:
            std = std + (values == 0).mean(axis=0) ** _RARITY_POWER
        std = np.where(flat, np.inf, std)
        plain = cls(mean.astype(np.float32), std.astype(np.float32), np.zeros(len(mean), np.float32), is_sparse)
        if not is_sparse:
            return plain
        centre = plain.apply(features).mean(axis=0, dtype=np.float64).astype(np.float32)
        return cls(plain.mean, plain.std, centre, is_sparse)

    def apply(self, features: np.ndarray) -> np.ndarray:
        """(N, F) -> (N, F) float32."""
        values = _rooted(features) if self.is_sparse else features
        moved: np.ndarray = values - self.mean
        if self.is_sparse:
            moved *= values != 0
        moved /= self.std
        moved -= self.centre
        return moved


def _rooted(features: np.ndarray) -> np.ndarray:
    """Square roots; strengths below zero, of kernels that win with a negative response, count as not seen."""
    return np.asarray(np.sqrt(np.maximum(features, 0)))
