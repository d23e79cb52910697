"""Bare arrays become columns: what the features are is decided by shape, type and, for a matrix, by smoothness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from whet.data.raw import Problem, Raw
from whet.data.sources.limits import check_columns
from whet.data.sources.pictures import looks_like_pictures, to_pixels
from whet.data.sources.reader import Prefer
from whet.data.sources.smoothness import looks_like_series
from whet.data.sources.values import array_of, column_of
from whet.errors import DataError

__all__ = ["TARGET", "as_arrays", "from_mapping"]

TARGET = "y"  # what arrays' target is called, as in the file


def as_arrays(x: object, y: object | None, origin: str, prefer: Prefer = "auto") -> Raw:
    """Columns of features ``x`` and, if known, one target value ``y`` for each of the N examples.

    By the shape of ``x``:
        (N,): texts, or one number each.
        (N, D): a table with columns x0 ... x{D-1}, or series of one channel where ``looks_like_series`` says so.
        (N, A, B): grey pictures if uint8, or in [0, 1] and about square; otherwise series (N, channels, steps).
        (N, H, W, C) or (N, C, H, W): pictures.

    >>> raw = as_arrays(np.eye(3), ["a", "b", "a"], "mine")
    >>> raw.table.column_names, raw.target, list(raw.arrays)
    (['x0', 'x1', 'x2', 'y'], 'y', [])
    >>> list(as_arrays(np.zeros((2, 8, 8), np.uint8), None, "mine").arrays)
    ['image']
    """
    values = array_of(x, f"{origin}, x")
    if values.ndim == 0 or values.size == 0:
        raise DataError(f"{origin}: x has shape {values.shape}; its first axis must count at least one example.")
    raw = _features(values, origin, prefer)
    if y is None:
        return raw
    target = array_of(y, f"{origin}, y")
    if target.ndim == 2 and target.shape[1] == 1:
        target = target[:, 0]
    if target.ndim != 1:
        raise DataError(
            f"{origin}: y has shape {target.shape}; expected one value per example, ({len(values)},). "
            "Turn one-hot rows into classes with y.argmax(axis=1)."
        )
    if len(target) != len(values):
        raise DataError(f"{origin}: x holds {len(values)} examples, but y {len(target)}. They must be equally many.")
    column = column_of(target, f"{origin}, y")
    return replace(raw, table=raw.table.append_column(TARGET, column), target=TARGET)


def from_mapping(columns: Mapping[str, object], origin: str, prefer: Prefer) -> Raw:
    """Columns of named arrays: x (or X) and y (or Y) as above; without x, one column or array for each name."""
    x = next((k for k in ("x", "X") if k in columns), None)
    y = next((k for k in ("y", "Y") if k in columns), None)
    if x is not None:
        raw = as_arrays(columns[x], columns[y] if y is not None else None, origin, prefer)
        rest = {k: v for k, v in columns.items() if k not in (x, y)}
    else:
        raw, rest = None, dict(columns)
    arrays = {str(name): array_of(value, f"{origin}, {name}") for name, value in rest.items()}
    shapes = {name: a.shape for name, a in arrays.items()} | ({"x": (raw.num_rows,)} if raw is not None else {})
    if not shapes or len({shape[:1] for shape in shapes.values()}) > 1 or () in shapes.values():
        raise DataError(
            f"{origin} holds {', '.join(f'{n!r} of shape {s}' for n, s in shapes.items()) or 'nothing'}; expected "
            "arrays x and y, or columns with one entry per example. Save training and test data as separate files."
        )
    base = raw if raw is not None else _no_columns(next(iter(arrays.values())), origin)
    for name, values in arrays.items():
        base = _add(base, name, values)
    return base if raw is not None or y is None else replace(base, target=y)


def _features(x: np.ndarray, origin: str, prefer: Prefer) -> Raw:
    if x.ndim == 1 and prefer in ("auto", "table"):
        return Raw(origin=origin, table=pa.table({"text" if x.dtype.kind in "UTO" else "x": column_of(x, origin)}))
    if x.ndim == 2 and (prefer == "table" or (prefer == "auto" and not (_is_number(x) and looks_like_series(x)))):
        check_columns(x.shape[1], origin)
        names = [f"x{i}" for i in range(x.shape[1])]
        return Raw(origin=origin, table=pa.table([column_of(x[:, i], origin) for i in range(x.shape[1])], names=names))
    if not _is_number(x):
        raise DataError(f"{origin}: x of shape {x.shape} holds {x.dtype} values; expected numbers.")
    is_picture = x.ndim == 4 or (x.ndim == 3 and looks_like_pictures(x))
    if (x.ndim in (3, 4) and prefer == "image") or (is_picture and prefer == "auto"):
        return replace(_no_columns(x, origin), arrays={"image": to_pixels(x, origin)})
    if x.ndim in (2, 3) and prefer in ("auto", "series"):
        return _series(x if x.ndim == 3 else x[:, None, :], origin)
    wanted = "" if prefer == "auto" else f" as prefer={prefer!r} asks"
    raise DataError(f"{origin}: x of shape {x.shape} cannot be read{wanted}. See as_arrays for the shapes it takes.")


def _series(x: np.ndarray, origin: str) -> Raw:
    with np.errstate(over="ignore"):
        values = x.astype(np.float32)
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values).any(axis=(1, 2)))[0])
        raise DataError(
            f"{origin}: the series of example {row} holds infinite values. Make them NaN if they are unknown."
        )
    problems: tuple[Problem, ...] = ()
    if x.shape[1] > x.shape[2]:
        what = (
            f"series are read as {x.shape[1]} channels of {x.shape[2]} steps each; "
            "if the steps come first, pass x.transpose(0, 2, 1)"
        )
        problems = (Problem(where=origin, what=what, kept=True),)
    return replace(_no_columns(x, origin), arrays={"series": values}, problems=problems)


def _add(raw: Raw, name: str, values: np.ndarray) -> Raw:
    if values.ndim == 1:
        return replace(raw, table=raw.table.append_column(name, column_of(values, f"{raw.origin}, {name}")))
    added = _features(values, f"{raw.origin}, {name}", "series" if values.ndim == 2 else "auto")
    (array,) = added.arrays.values()
    return replace(raw, arrays={**raw.arrays, name: array}, problems=(*raw.problems, *added.problems))


def _no_columns(x: np.ndarray, origin: str) -> Raw:
    """A table without columns that still knows how many rows it has."""
    return Raw(origin=origin, table=pa.table({"x": pa.nulls(len(x))}).select([]))


def _is_number(x: np.ndarray) -> bool:
    return x.dtype.kind in "biuf"
