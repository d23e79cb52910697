"""Tables in memory: a pandas DataFrame, an Arrow table or record batch, or a pair (table, target)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from whet.data.raw import Problem, Raw
from whet.data.sources.describe import describe_source
from whet.data.sources.dialect import check_names
from whet.data.sources.reader import Prefer, readers
from whet.data.sources.typed import raw_from_table
from whet.data.sources.values import array_of, column_of
from whet.errors import DataError

__all__ = ["Frames", "is_table"]


class Frames:
    """pandas and Arrow."""

    form = "a pandas or Arrow table"
    endings = ()

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        return is_table(source) or (isinstance(source, tuple) and len(source) == 2 and is_table(source[0]))

    def read(self, source: Any, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        frame, y = source if isinstance(source, tuple) else (source, None)
        origin = describe_source(frame)
        if isinstance(frame, pa.RecordBatch):
            frame = pa.Table.from_batches([frame])
        if isinstance(frame, pa.Table):
            raw = raw_from_table(frame.replace_schema_metadata(None), origin)
        else:
            raw = raw_from_table(_from_pandas(frame, origin), origin, _index_remark(frame, origin))
        return raw if y is None else _with_y(raw, y)


def is_table(value: object) -> bool:
    """Whether ``value`` is an Arrow table or a pandas DataFrame, found out without importing pandas."""
    if isinstance(value, pa.Table | pa.RecordBatch):
        return True
    return any(c.__module__.startswith("pandas.") and c.__name__ == "DataFrame" for c in type(value).__mro__)


def _from_pandas(frame: Any, origin: str) -> pa.Table:
    """Column by column, so that a message can name each one whose values have no common type."""
    names = [str(name) for name in frame.columns]
    check_names(names, origin)
    columns, faults = [], []
    for i, name in enumerate(names):
        try:
            columns.append(pa.array(frame.iloc[:, i], from_pandas=True))
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            faults.append(f"column {name!r}: {error}")
    if faults:
        raise DataError(f"{origin}: {'; '.join(faults)}. Make each column one type, for example with .astype(str).")
    return pa.table(columns, names=names)


def _index_remark(frame: Any, origin: str) -> tuple[Problem, ...]:
    names = [str(name) for name in frame.index.names if name is not None]
    if not names:
        return ()
    return (Problem(where=origin, what=f"the index {names} is not a column; use reset_index() to add it", kept=True),)


def _with_y(raw: Raw, y: object) -> Raw:
    name = str(getattr(y, "name", None) or "y")
    values = array_of(y, f"{raw.origin}, {name}").astype(object)
    if values.shape != (raw.num_rows,):
        raise DataError(f"{raw.origin}: the target has shape {values.shape}; expected ({raw.num_rows},).")
    if name in raw.table.column_names or name in raw.arrays:
        raise DataError(f"{raw.origin}: the target is called {name!r}, and so is a column; drop that column.")
    return replace(raw, table=raw.table.append_column(name, column_of(np.asarray(values), raw.origin)), target=name)


readers.register("frames")(Frames())
