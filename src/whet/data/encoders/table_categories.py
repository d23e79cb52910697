"""Category codes -> small ids: 0 missing or unknown, 1 a value too rare to learn from, then the frequent ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

__all__ = ["CategoryIds"]


@dataclass(frozen=True)
class CategoryIds:
    """``table``: (L,) int64, the id of each of the column's L labels.

    >>> ids = CategoryIds.fit(np.array([0, 0, 0, 1, 2, 2, 2, -1]), num_labels=4, rare=2, max_values=10)
    >>> ids.apply(np.array([0, 1, 2, 3, -1, -2])).tolist()  # label 3 never occurred, label 1 once
    [2, 1, 3, 1, 0, 0]
    """

    table: np.ndarray

    @classmethod
    def fit(cls, codes: np.ndarray, *, num_labels: int, rare: int, max_values: int) -> Self:
        """Count the training codes (N,); ids of frequent labels follow the order of the labels."""
        counts = np.bincount(codes[codes >= 0], minlength=num_labels)
        order = np.argsort(-counts, kind="stable")
        frequent = np.sort(order[: max(0, max_values - 2)])
        frequent = frequent[counts[frequent] >= rare]
        table = np.ones(num_labels, np.int64)
        table[frequent] = 2 + np.arange(len(frequent))
        return cls(table)

    @property
    def cardinality(self) -> int:
        """Number of ids, 0 and 1 included."""
        return int(self.table.max(initial=1)) + 1

    def apply(self, codes: np.ndarray) -> np.ndarray:
        """(N,) codes, negative where missing or unknown -> (N,) int64 ids."""
        if not len(self.table):
            return np.zeros(len(codes), np.int64)
        return np.asarray(np.where(codes >= 0, self.table[np.maximum(codes, 0)], 0))
