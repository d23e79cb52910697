"""The parts of the data that a check looks at one after the other, each with (a sample of) its examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whet.auditing.inspection import Half, Inspection
from whet.data.dataset import Dataset
from whet.finding import Part

__all__ = ["Side", "sides_of"]


@dataclass(frozen=True, kw_only=True)
class Side:
    """Training or test examples at ``positions`` of ``half.data``; masks and measures have one line for each."""

    part: Part
    half: Half
    positions: np.ndarray  # (M,) int64, ascending

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def data(self) -> Dataset:
        """All examples of the part."""
        return self.half.data

    @property
    def rows(self) -> np.ndarray:
        """(M,) int64: the source rows."""
        return np.asarray(self.data.rows[self.positions])

    @property
    def classes(self) -> np.ndarray | None:
        """(M,) str labels; None where there are none, or the target is a number."""
        if self.data.target is None or self.data.schema.target_is_number:
            return None
        return np.asarray(self.data.target[self.positions].astype(str))


def sides_of(inspection: Inspection, *, most: int) -> Sequence[Side]:
    """Training first, then test where there is one, at most ``most`` examples of each.

    The training side is always there and first, because what is usual is learnt from it.
    """
    train = Side(part="train", half=inspection.train, positions=inspection.sample(most, "sides"))
    if inspection.test is None:
        return [train]
    drawn = inspection.sample_of(len(inspection.test.data), most, "sides", "test")
    return [train, Side(part="test", half=inspection.test, positions=drawn)]
