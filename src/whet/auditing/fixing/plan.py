"""Many wishes become one plan: a row left out stays out, the first wish for a cell wins, and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from whet.auditing.fixing.wish import Wish
from whet.data.raw import Raw
from whet.errors import DataError

__all__ = ["Plan", "cells_as_written", "merged"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the copy leaves out and changes; rows are source rows."""

    rows: Mapping[int, tuple[str, ...]]  # left out -> the checks that want it
    columns: Mapping[str, tuple[str, ...]]  # left out -> the checks that want it
    cells: Mapping[str, Mapping[int, Wish]]  # column -> row -> the change
    overruled: tuple[Wish, ...]  # of a row or column that goes anyway, or behind an earlier wish
    impossible: tuple[Wish, ...]  # of a cell that the source does not have

    def keeps(self, row_numbers: np.ndarray) -> np.ndarray:
        """(N,) bool: which of these source rows the copy has."""
        gone = np.fromiter(self.rows, np.int64, len(self.rows))
        return np.isin(row_numbers, gone, invert=True)

    def values(self, column: str, row_numbers: np.ndarray) -> tuple[np.ndarray, list[str | None]]:
        """Positions among ``row_numbers`` where ``column`` changes, ascending, and the new values."""
        wanted = self.cells.get(column, {})
        rows = np.array(sorted(wanted), np.int64)
        at = np.flatnonzero(np.isin(row_numbers, rows))
        return at, [wanted[int(row)].value for row in row_numbers[at]]


def merged(raw: Raw, wishes: Iterable[Wish], *, target: str | None, unreadable: Iterable[int] = ()) -> Plan:
    """The plan for these wishes, the most important first; rows that could not be read are left out too.

    Raises:
        DataError: no row, or no column but the target, would be left.
    """
    rows: dict[int, list[str]] = {row: ["reading"] for row in unreadable}
    columns: dict[str, list[str]] = {}
    known_columns, known_rows = set(raw.table.column_names), {*raw.row_numbers.tolist(), *rows}
    wishes = list(dict.fromkeys(wishes))
    possible = [w for w in wishes if _possible(w, known_columns, known_rows, target)]
    for wish in possible:
        if wish.action == "drop_rows" and wish.row is not None:
            rows.setdefault(wish.row, []).append(wish.check)
        elif wish.action == "drop_column":
            columns.setdefault(wish.column, []).append(wish.check)
    cells, overruled = _cells(raw, possible, rows, columns)
    fine = set(possible)
    plan = Plan(
        rows={row: _unique(checks) for row, checks in rows.items()},
        columns={name: _unique(checks) for name, checks in columns.items()},
        cells=cells,
        overruled=tuple(overruled),
        impossible=tuple(w for w in wishes if w not in fine),
    )
    _check_rest(raw, plan, target)
    return plan


def _possible(wish: Wish, known_columns: set[str], known_rows: set[int], target: str | None) -> bool:
    """Only what is there and holds single values can be changed, and the target stays."""
    if wish.action == "drop_column":
        return wish.column in known_columns and wish.column != target
    return wish.row in known_rows and (wish.action == "drop_rows" or wish.column in known_columns)


def _cells(
    raw: Raw, wishes: list[Wish], rows: Mapping[int, list[str]], columns: Mapping[str, list[str]]
) -> tuple[dict[str, dict[int, Wish]], list[Wish]]:
    """The first wish for each cell; a wish for what the cell already says is none."""
    cells: dict[str, dict[int, Wish]] = {}
    overruled = []
    for wish in wishes:
        if wish.action != "set_values" or wish.row is None:
            continue
        first = cells.get(wish.column, {}).get(wish.row)
        if wish.row in rows or wish.column in columns or (first is not None and first.value != wish.value):
            overruled.append(wish)
        elif first is None:
            cells.setdefault(wish.column, {})[wish.row] = wish
    for column, wanted in cells.items():
        present = cells_as_written(raw, column, list(wanted))
        for row, before in zip(list(wanted), present, strict=True):
            if before == wanted[row].value:
                del wanted[row]
    return {column: wanted for column, wanted in cells.items() if wanted}, overruled


def cells_as_written(raw: Raw, column: str, rows: list[int]) -> list[str | None]:
    """The cells of these source rows as text; None where missing."""
    at = np.searchsorted(raw.row_numbers, np.array(rows, np.int64))
    values = raw.table.column(column).take(pa.array(at)).to_pylist()
    return [None if value is None else str(value) for value in values]


def _unique(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _check_rest(raw: Raw, plan: Plan, target: str | None) -> None:
    if not plan.keeps(raw.row_numbers).any():
        raise DataError(f"{raw.origin}: no row would be left in the cleaned copy. Keep some in the review list.")
    kept = [name for name in (*raw.table.column_names, *raw.arrays) if name not in plan.columns and name != target]
    if not kept:
        raise DataError(f"{raw.origin}: no column would be left in the cleaned copy. Keep one in the review list.")
