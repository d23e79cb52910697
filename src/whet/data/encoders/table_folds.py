"""Which fifth of the training rows a row belongs to, found again by the row's place in the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from whet.data.dataset import Dataset
from whet.rng import make_numpy_generator

__all__ = ["NOT_TRAINED", "TrainingFolds"]

NOT_TRAINED = -1
_FOLDS = 5


@dataclass(frozen=True)
class TrainingFolds:
    """``rows``: (R,) int64 source rows, sorted; ``folds``: (R,) int64. Rows of one group share a fold."""

    fingerprint: str
    rows: np.ndarray
    folds: np.ndarray

    @classmethod
    def fit(cls, train: Dataset, *, seed: int) -> Self:
        """Draw folds of equal size; nothing but the rows and their groups decides them."""
        tied = train.rows if train.groups is None else train.groups.astype(str)
        unique, place = np.unique(tied, return_inverse=True)
        drawn = make_numpy_generator(seed, "table", "target encoding").permutation(len(unique)) % _FOLDS
        rows, first = np.unique(train.rows, return_index=True)
        return cls(train.fingerprint, rows, drawn[place[first]])

    @property
    def num_folds(self) -> int:
        """Folds that hold a row."""
        return int(self.folds.max(initial=-1)) + 1

    def of(self, dataset: Dataset) -> np.ndarray:
        """(N,) the fold of each row, -1 for one that is not a training row or comes from another source."""
        if dataset.fingerprint != self.fingerprint or not len(self.rows):
            return np.full(len(dataset), NOT_TRAINED)
        place = np.minimum(np.searchsorted(self.rows, dataset.rows), len(self.rows) - 1)
        return np.asarray(np.where(self.rows[place] == dataset.rows, self.folds[place], NOT_TRAINED))
