"""The rows of a Parquet file, in pieces that fit into memory whatever the file says about itself.

Parquet stores each different text once per row group, so that a file of kilobytes can hold a text of a megabyte in a
million rows. The longest text of each group's dictionary therefore says how many rows are decoded at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from whet.data.sources.limits import check_growth

__all__ = ["pieces_of", "plain_schema"]

_ROWS = 16_384
_PIECE_BYTES = 16 << 20
_FREE_BYTES = 256 << 20  # equal values take no room in Parquet, and large tables go to disk


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Without pandas' notes (an index they name is a column like any other), categories as their values."""
    fields = [f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in schema]
    return pa.schema([field.remove_metadata() for field in fields])


def pieces_of(path: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    """All rows in order, as ``plain_schema`` says.

    Raises:
        DataError: the values grow beyond all measure of the file's size.
        pa.ArrowException, OSError: the file is damaged, or a text is no UTF-8.
    """
    size, held = path.stat().st_size, 0
    texts = [field.name for field in schema if _is_text(field.type)]
    with parquet.ParquetFile(path) as file, parquet.ParquetFile(path, read_dictionary=texts) as coded:
        for group in range(file.num_row_groups):
            num_rows = _rows_at_once(coded, group, texts)
            for batch in file.iter_batches(batch_size=num_rows, row_groups=[group]):
                columns = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
                piece = pa.Table.from_arrays(columns, schema=schema)
                piece.validate(full=True)  # texts that are no UTF-8 would otherwise fail much later
                held += piece.nbytes
                check_growth(path.name, packed=size, unpacked=held, free_bytes=_FREE_BYTES)
                yield piece


def _rows_at_once(coded: parquet.ParquetFile, group: int, texts: list[str]) -> int:
    first = next(coded.iter_batches(batch_size=1, row_groups=[group], columns=texts), None) if texts else None
    longest = sum(_longest(column) for column in first.columns) if first is not None else 0
    return max(1, min(_ROWS, _PIECE_BYTES // max(1, longest)))


def _longest(column: pa.Array) -> int:
    if not pa.types.is_dictionary(column.type) or len(column.dictionary) == 0:
        return 0
    return int(pc.max(pc.binary_length(column.dictionary)).as_py() or 0)


def _is_text(kind: pa.DataType) -> bool:
    t = pa.types
    return bool(t.is_string(kind) or t.is_large_string(kind) or t.is_binary(kind) or t.is_large_binary(kind))
