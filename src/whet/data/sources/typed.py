"""Typed tables (Parquet, JSON lines, pandas, Arrow): columns of lists of numbers become series arrays.

Scalars keep their type, and NaN in them is left to inference; categories come as their values, whose type says what
they are. Any other nested or binary column is refused by name.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whet.data.raw import Problem, Raw
from whet.data.sources.dialect import check_names
from whet.errors import DataError

__all__ = ["raw_from_table"]


def raw_from_table(table: pa.Table, origin: str, problems: tuple[Problem, ...] = ()) -> Raw:
    """The columns of a typed table, in order; list columns under their own names in ``arrays``.

    >>> raw = raw_from_table(pa.table({"ecg": [[1.0, 2.0], None], "age": [3, 4]}), "mine")
    >>> raw.table.column_names, raw.arrays["ecg"].tolist()
    (['age'], [[[1.0, 2.0]], [[nan, nan]]])
    """
    if table.num_columns == 0 or table.num_rows == 0:
        raise DataError(
            f"{origin} holds {table.num_rows} rows and {table.num_columns} columns; there is nothing to use."
        )
    check_names(table.column_names, origin)
    arrays, faults = {}, []
    for name in table.column_names:
        column = table.column(name)
        if _is_scalar(column.type):
            continue
        try:
            arrays[name] = _series(column)
        except ValueError as error:
            faults.append(f"column {name!r} {error}")
    if faults:
        raise DataError(f"{origin}: {'; '.join(faults)}. Leave out such columns, or spread them over plain ones.")
    return Raw(origin=origin, table=_plain(table.drop_columns(list(arrays))), arrays=arrays, problems=problems)


def _plain(table: pa.Table) -> pa.Table:
    """Dictionary-encoded columns as their values."""
    for i, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(field.type.value_type))
    return table


def _is_scalar(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    t = pa.types
    texts = t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind)
    return bool(texts or t.is_null(kind) or _is_number(kind) or t.is_decimal(kind) or t.is_temporal(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _series(column: pa.ChunkedArray) -> np.ndarray:
    """(N, C, T) float32 of lists (T) or lists of lists (C, T); a missing list is all NaN."""
    lists = column.combine_chunks()
    if not _is_list(lists.type):
        raise ValueError(f"is of type {str(lists.type)[:80]}, which is neither a plain value nor a list of numbers")
    values = _stack(lists, depth=1)
    values = values[:, None] if values.ndim == 2 else values
    if np.isinf(values).any():
        raise ValueError("holds infinite values")
    return values


def _stack(lists: pa.Array, depth: int) -> np.ndarray:
    lengths = pc.list_value_length(lists).drop_null()
    span = pc.min_max(lengths).as_py()
    if len(lengths) == 0 or span["max"] == 0:
        raise ValueError("holds only empty lists")
    if span["min"] != span["max"]:
        raise ValueError(f"holds lists of {span['min']} to {span['max']} entries; pad them to one length with NaN")
    inner = pc.list_flatten(lists)
    if _is_list(inner.type) and depth == 1:
        flat = _stack(inner, depth=2)
    elif _is_number(inner.type):
        with np.errstate(over="ignore"):
            flat = inner.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float32)
    else:
        raise ValueError(f"holds lists of {str(inner.type)[:80]}, not of numbers")
    present = np.asarray(pc.is_valid(lists))
    stacked = np.full((len(present), span["max"], *flat.shape[1:]), np.nan, np.float32)
    stacked[present] = flat.reshape(-1, span["max"], *flat.shape[1:])
    return stacked
