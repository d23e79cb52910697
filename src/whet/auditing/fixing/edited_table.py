"""A table with the plan carried out: rows and columns left out, cells changed, everything else as it was."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from whet.auditing.fixing.plan import Plan
from whet.errors import DataError

__all__ = ["edited_table"]


def edited_table(table: pa.Table, row_numbers: np.ndarray, plan: Plan) -> pa.Table:
    """The rows that stay, in order; ``row_numbers`` (N,) are the source rows of ``table``.

    Raises:
        DataError: a new value does not fit the type of its column.
    """
    for name in plan.cells:
        if name in table.column_names and name not in plan.columns:
            at = table.column_names.index(name)
            column = table.column(name)
            positions, values = plan.values(name, row_numbers)
            if len(positions):
                table = table.set_column(at, table.schema.field(at), _replaced(column, positions, values, name))
    table = table.drop_columns([name for name in plan.columns if name in table.column_names])
    keeps = plan.keeps(row_numbers)
    return table if keeps.all() else table.filter(pa.array(keeps))


def _replaced(column: pa.ChunkedArray, positions: np.ndarray, values: list[str | None], name: str) -> pa.ChunkedArray:
    plain = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    try:
        new = pa.array(values, pa.string()).cast(plain)
    except pa.ArrowException as error:
        raise DataError(f"column {name!r} holds {plain} values, which a new one does not fit: {error}.") from error
    index = np.arange(len(column))
    index[positions] = len(column) + np.arange(len(positions))
    both = pa.chunked_array([*column.cast(plain).chunks, new], plain)
    return both.take(pa.array(index)).cast(column.type)
