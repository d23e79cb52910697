"""Arrays again: the same names and types in one ``.npz`` (or ``.npy``) file, with the rows that stay."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from whet.auditing.fixing.edited_table import edited_table
from whet.auditing.fixing.plan import Plan
from whet.data.raw import Raw
from whet.errors import DataError

__all__ = ["rewrite_arrays", "write_arrays"]


def rewrite_arrays(plan: Plan, held: Mapping[str, np.ndarray], path: Path) -> None:
    """The arrays of a source with one entry per example in each, under their own names."""
    rows = np.arange(len(next(iter(held.values()))))
    keeps = plan.keeps(rows)
    arrays: dict[str, np.ndarray] = {}
    found: set[str] = set()
    for name, values in held.items():
        for column, part in _parts(name, values, has_x=bool({"x", "X"} & set(held))):
            found.add(column)
            if column not in plan.columns:
                changed = _set(part, column, *plan.values(column, rows))[keeps]
                joined = name in arrays and values.ndim == 2
                arrays[name] = np.column_stack([arrays[name], changed]) if joined else changed
    lost = sorted({*plan.cells, *plan.columns} - found)
    if lost:
        raise DataError(f"the column {lost[0]!r} is not among the arrays, so it cannot be changed in the copy.")
    arrays = {name: _plain(values) for name, values in arrays.items()}
    if path.suffix == ".npy":
        np.save(path, next(iter(arrays.values())), allow_pickle=False)
    else:
        _save(path, arrays)


def write_arrays(raw: Raw, plan: Plan, path: Path) -> None:
    """Columns and arrays of a source that is neither a file nor plain arrays."""
    keeps = plan.keeps(raw.row_numbers)
    table = edited_table(raw.table, raw.row_numbers, plan)
    columns = {name: _column(table.column(name)) for name in table.column_names}
    _save(path, {**columns, **{name: np.asarray(values)[keeps] for name, values in raw.arrays.items()}})


def _save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """As ``numpy.savez_compressed`` does, which takes no array of the name "file"."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.ascontiguousarray(values), allow_pickle=False)


def _parts(name: str, values: np.ndarray, *, has_x: bool) -> list[tuple[str, np.ndarray]]:
    """The columns that reading made of an array, by the names it gave them."""
    if has_x and name in ("y", "Y"):
        return [("y", values.reshape(len(values)))]
    if name not in ("x", "X"):
        return [(name, values)]
    if values.ndim == 1:
        return [("text" if values.dtype.kind in "UTO" else "x", values)]
    return [(f"x{j}", values[:, j]) for j in range(values.shape[1])] if values.ndim == 2 else [(name, values)]


def _set(values: np.ndarray, name: str, positions: np.ndarray, new: list[str | None]) -> np.ndarray:
    """Strings become what the array holds; an emptied cell is NaN or the empty text."""
    if not len(positions):
        return values
    if values.dtype.kind in "USTO":
        changed: np.ndarray = values.astype(object)
        changed[positions] = ["" if v is None else v for v in new]
        return changed
    try:
        cells: list[Any] = [np.nan if v is None else float(v) for v in new]
    except ValueError as error:
        raise DataError(
            f"the array {name!r} holds {values.dtype} values, which a new one does not fit: {error}."
        ) from error
    whole = values.dtype.kind in "iub" and all(float(c).is_integer() for c in cells)
    changed = values.copy() if whole or values.dtype.kind == "f" else values.astype(np.float64)
    changed[positions] = cells
    return changed


def _plain(values: np.ndarray) -> np.ndarray:
    """No Python objects: texts, or numbers with NaN for what is missing."""
    if values.dtype.kind != "O":
        return values
    missing = np.array([v is None or v != v for v in values.ravel()]).reshape(values.shape)
    if any(isinstance(v, str) for v in values[~missing]):
        return np.where(missing, "", values).astype(str)
    return np.where(missing, np.nan, values).astype(np.float64)


def _column(column: pa.ChunkedArray) -> np.ndarray:
    values = column.to_pandas().to_numpy()
    return _plain(values) if values.dtype.kind == "O" else np.asarray(values)
