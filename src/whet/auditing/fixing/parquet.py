"""Parquet: a file again, batch by batch with its types; a table in memory for the first time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from whet.auditing.fixing.edited_table import edited_table
from whet.auditing.fixing.plan import Plan
from whet.data.raw import Raw
from whet.data.sources.spill import GrowingTable

__all__ = ["rewrite_parquet", "write_parquet"]


def rewrite_parquet(plan: Plan, source: Path, path: Path) -> None:
    """Copy ``source`` with the plan carried out; rows are numbered as they stand in it."""
    from pyarrow import parquet

    with parquet.ParquetFile(source) as file:
        whole = file.schema_arrow.remove_metadata()  # pandas' notes would describe another index
        start = 0
        with GrowingTable(edited_table(whole.empty_table(), np.zeros(0, np.int64), plan).schema) as growing:
            for batch in file.iter_batches():
                rows = np.arange(start, start + batch.num_rows)
                piece = pa.Table.from_batches([batch]).replace_schema_metadata(None)
                growing.add(edited_table(piece, rows, plan))
                start += batch.num_rows
            parquet.write_table(growing.finish(), path)


def write_parquet(raw: Raw, plan: Plan, path: Path) -> None:
    """A table that never was a file; series become columns of lists."""
    from pyarrow import parquet

    table = raw.table
    for name, values in raw.arrays.items():
        table = table.append_column(name, _lists(values))
    parquet.write_table(edited_table(table, raw.row_numbers, plan), path)


def _lists(values: np.ndarray) -> pa.Array:
    """(N, C, T) series as lists of T numbers, or of C such lists."""
    channels, steps = values.shape[1:]
    lists = pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(values).reshape(-1)), steps)
    return lists if channels == 1 else pa.FixedSizeListArray.from_arrays(lists, channels)
