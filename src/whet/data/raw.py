"""What every reader yields, before anything is inferred: columns of the source, as the source gave them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa

__all__ = ["Problem", "Raw"]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One row or file that was reported instead of kept, or kept with a remark."""

    where: str  # "train.csv line 12" or "cat/0001.jpg"
    what: str  # what is wrong and the value received
    row: int | None = None  # 0-based example number in the source, where it has one
    kept: bool = False  # True: the example was kept, this is only a remark


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Columns in source order.

    ``table`` holds scalar columns. Text files give strings only: inference decides what they are; typed sources
    (Parquet, pandas, Arrow) keep their types; missing is null. A column of paths to pictures is a string column.
    ``arrays`` holds array-valued columns, first axis = example: pictures (N, H, W) or (N, H, W, C) uint8,
    series (N, C, T) float32 padded with NaN. Both may be memory-mapped.
    """

    origin: str  # what the user would call it, for messages: "reviews.csv"
    table: pa.Table  # num_rows == N also when there are only arrays (then it may have the target alone)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    root: Path | None = None  # folder that relative picture paths are resolved from
    target: str | None = None  # the column that the form itself names as target (class folders, .ts, npz y)
    id_column: str | None = None  # column naming the example in predictions ("file"); None: the row number
    rows: np.ndarray | None = None  # (N,) 0-based number in the source of each kept row; None: 0..N-1
    problems: tuple[Problem, ...] = ()

    @property
    def num_rows(self) -> int:
        """N, the number of examples kept."""
        return int(self.table.num_rows)

    @property
    def row_numbers(self) -> np.ndarray:
        """(N,) int64: the 0-based source row of each example."""
        return np.arange(self.num_rows) if self.rows is None else self.rows

    def only(self, rows: np.ndarray) -> Self:
        """The same columns for these source rows alone, ascending; arrays are left behind, since they were decoded."""
        positions = np.searchsorted(self.row_numbers, rows)
        return replace(self, table=self.table.take(pa.array(positions)), arrays={}, rows=rows, problems=())
