"""Which values a row misses: a 0/1 column for each category and text that has holes, and how many cells are empty.

Helps: values that are missing for a reason (a test that was not ordered, a field that was left blank on purpose).
Hurts: holes that mean nothing, by a few columns of noise.
Numbers and dates with holes have a 0/1 column already (``table_numbers``), and trees see their NaN. A missing category
otherwise shares an id with a value that training never saw, and a missing text is a row of zeros like any other
text without known words. Source: Van Ness et al., "The Missing Indicator Method", KDD 2023.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from whet.data.columns import CategoryColumn, DateColumn, NumberColumn, TextColumn
from whet.data.dataset import Dataset

__all__ = ["MissingValues", "is_missing"]


@dataclass(frozen=True)
class MissingValues:
    """``columns``: those with holes in the training rows; ``flagged``: those among them with a 0/1 column."""

    columns: tuple[str, ...] = ()
    flagged: tuple[str, ...] = ()

    @classmethod
    def fit(cls, train: Dataset) -> Self:
        """Find the columns with holes."""
        holed = tuple(c.name for c in train.schema.features if is_missing(train, c.name).any())
        unmarked = tuple(name for name in holed if isinstance(train.columns[name], CategoryColumn | TextColumn))
        return cls(holed, unmarked)

    def __len__(self) -> int:
        return len(self.flagged) + bool(self.columns)

    def apply(self, dataset: Dataset) -> np.ndarray:
        """(N, D) float64: the 0/1 columns, then the number of empty cells."""
        if not self.columns:
            return np.zeros((len(dataset), 0))
        holes = {name: is_missing(dataset, name) for name in self.columns}
        parts = [*(holes[name] for name in self.flagged), np.sum(list(holes.values()), axis=0)]
        return np.stack(parts, axis=1).astype(np.float64)


def is_missing(dataset: Dataset, name: str) -> np.ndarray:
    """(N,) bool. A category that the schema does not know is not missing."""
    column = dataset.columns[name]
    if isinstance(column, NumberColumn | DateColumn):
        return np.asarray(~np.isfinite(column.values))
    if isinstance(column, TextColumn):
        return np.asarray(column.offsets[column.rows + 1] == column.offsets[column.rows])
    assert isinstance(column, CategoryColumn), f"{name}: {type(column).__name__}"
    return np.asarray(column.codes == -1)
