"""The decoded examples: typed columns, the target, and which source row each example came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from whet.data.columns import ColumnData
from whet.data.derived import Derived
from whet.data.raw import Problem
from whet.data.schema import Schema

__all__ = ["Dataset"]


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """N examples; ``take`` gives a view that shares the memory-mapped arrays."""

    schema: Schema
    columns: Mapping[str, ColumnData]  # features by name
    target: np.ndarray | None = None  # (N,) object array of str labels, or (N,) float64; None when not known
    groups: np.ndarray | None = None  # (N,) object: values of --group
    times: np.ndarray | None = None  # (N,) float64: values of --time, sortable
    rows: np.ndarray  # (N,) int64: 0-based source row of each example
    weights: np.ndarray | None = None  # (N,) float64 in (0, 1]: how much a training example counts; None: all alike
    taught: np.ndarray | None = None  # (N, K) what a teacher predicts for each example, as scores; None: no teacher
    files: np.ndarray | None = None  # (N,) object of str: path relative to the source folder, for picture folders
    fingerprint: str  # sha256 over the decoded content
    origin: str
    problems: tuple[Problem, ...] = ()
    # by source row and shared by all views; whoever changes ``columns`` gives the changed dataset a fresh one
    derived: Derived = field(default_factory=Derived, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: np.ndarray) -> Dataset:
        """The examples at ``index``, in that order."""

        def pick(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[index]

        return replace(
            self,
            columns={name: column.take(index) for name, column in self.columns.items()},
            target=pick(self.target),
            groups=pick(self.groups),
            times=pick(self.times),
            rows=self.rows[index],
            weights=pick(self.weights),
            taught=pick(self.taught),
            files=pick(self.files),
        )

    def names(self) -> list[str]:
        """How a person would point at each example: its file, or its row number."""
        if self.files is not None:
            return [str(f) for f in self.files]
        return [f"row {r}" for r in self.rows.tolist()]
