"""Examples as a data set stores them, past whatever its ``__getitem__`` does at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from whet.rng import drawing_globally

__all__ = ["Stored", "stored_examples"]

LOOKED_AT = 16  # examples
READINGS = 4  # of each


class Stored(Dataset[Any]):
    """Example i is the i-th value of each of ``columns``."""

    def __init__(self, columns: Sequence[Any]) -> None:
        self._columns = columns

    def __len__(self) -> int:
        return len(self._columns[0])

    def __getitem__(self, index: int) -> Any:
        return tuple(column[index] for column in self._columns)


def stored_examples(dataset: Any, *, seed: int) -> tuple[Stored, str] | None:
    """The same examples unchanged, and the names of the attributes that hold them.

    Only where this is sure: some readings of examples are exactly what is stored, and all have its shape.
    """
    held = {n: v for n, v in getattr(dataset, "__dict__", {}).items() if _is_column(v, len(dataset))}
    with drawing_globally(seed, "stored examples"):
        readings = [[dataset[i] for _ in range(READINGS)] for i in range(min(LOOKED_AT, len(dataset)))]
    if not readings or not isinstance(readings[0][0], tuple):
        return None
    names = [_holding(held, [[r[part] for r in each] for each in readings]) for part in range(len(readings[0][0]))]
    known = [n for n in names if n is not None]
    if len(known) < len(names) or len(set(known)) < len(known):
        return None
    return Stored([held[n] for n in known]), ", ".join(known)


def _is_column(value: Any, num: int) -> bool:
    return isinstance(value, Tensor | np.ndarray | list | tuple) and len(value) == num if _sized(value) else False


def _sized(value: Any) -> bool:
    return not isinstance(value, Tensor | np.ndarray) or value.ndim > 0


def _holding(held: dict[str, Any], readings: list[list[Any]]) -> str | None:
    """The column of which some example is read unchanged now and then, and none in another shape."""
    for name, column in held.items():
        same = [[_equal(column[i], r) for r in each] for i, each in enumerate(readings)]
        shapes = all(_shape(column[i]) == _shape(r) for i, each in enumerate(readings) for r in each)
        if shapes and sum(any(s) for s in same) > len(readings) / 2:
            return name
    return None


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other
    if type(one) is not type(other):
        return False
    if isinstance(one, Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    return bool(np.array_equal(one, other))


def _shape(value: Any) -> Any:
    return tuple(value.shape) if isinstance(value, Tensor | np.ndarray) else type(value)
