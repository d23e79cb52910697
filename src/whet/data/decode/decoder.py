"""The contract of a decoder: all values of one column become named arrays, faults and remarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from whet.data.columns import ColumnData
from whet.data.raw import Problem, Raw
from whet.data.schema import Column
from whet.data.store import MakeArray
from whet.registry import Registry

__all__ = ["Decoded", "Decoder", "count_bad", "decoders"]


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """What one column gave, for all M rows of the source."""

    arrays: Mapping[str, np.ndarray]  # part name -> array made by ``make``
    faults: Mapping[int, str] = field(default_factory=dict)  # position in Raw -> why that example must be left out
    remarks: tuple[Problem, ...] = ()  # kept=True


class Decoder(Protocol):
    """One kind of column."""

    def decode(self, column: Column, raw: Raw, make: MakeArray) -> Decoded:
        """Read every row once; unreadable examples become faults, not exceptions."""
        ...

    def view(self, column: Column, arrays: Mapping[str, np.ndarray], rows: np.ndarray) -> ColumnData:
        """The typed column for the kept rows: positions (N,) int64 into the M decoded rows."""
        ...


decoders: Registry[Decoder] = Registry("decoder")  # by Kind value


def count_bad(column: Column, raw: Raw, bad: np.ndarray, *, what: str, becomes: str) -> tuple[Problem, ...]:
    """One remark for all values (M,) bool that do not fit the column, with the first of them as the example."""
    rows = np.flatnonzero(bad)
    if len(rows) == 0:
        return ()
    first = raw.table.column(column.name)[int(rows[0])].as_py()
    shown = ", ".join(str(raw.row_numbers[r]) for r in rows[:10]) + (", ..." if len(rows) > 10 else "")
    return (
        Problem(
            where=f"{raw.origin} column {column.name!r}",
            what=f"{len(rows):,} of {len(bad):,} values {what} and {becomes}; the first is {first!r} (rows {shown})",
            row=int(raw.row_numbers[rows[0]]),
            kept=True,
        ),
    )
