"""Parquet files: columns keep their types; larger than memory works, since rows go to a mapped file piece by piece."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from whet.data.raw import Raw
from whet.data.sources.dialect import check_names
from whet.data.sources.limits import check_columns
from whet.data.sources.parquet_pieces import pieces_of, plain_schema
from whet.data.sources.reader import Prefer, existing_file, readers
from whet.data.sources.spill import GrowingTable
from whet.data.sources.typed import raw_from_table
from whet.errors import DataError

__all__ = ["Parquet"]


class Parquet:
    """Typed columns."""

    form = "Parquet file"
    endings = (".parquet", ".pq")

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        return existing_file(source, self.endings) is not None

    def read(self, source: object, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        path = existing_file(source, self.endings)
        assert path is not None, "read follows matches"
        return replace(raw_from_table(_load(path), path.name), root=path.parent)


def _load(path: Path) -> pa.Table:
    if path.stat().st_size == 0:
        raise DataError(f"{path.name} is empty. Check that it is the right file and was saved whole.")
    try:
        with parquet.ParquetFile(path) as file:
            promised = file.metadata.num_rows
            check_columns(file.metadata.num_columns, path.name)
            schema = plain_schema(file.schema_arrow)
        check_names(schema.names, path.name)
        with GrowingTable(schema) as growing:
            for piece in pieces_of(path, schema):
                growing.add(piece)
            table = growing.finish()
    except DataError:
        raise
    except (pa.ArrowException, OSError, OverflowError, UnicodeDecodeError) as error:
        why = str(error).strip().rstrip(".")[:200]
        raise DataError(f"{path.name} is no readable Parquet file: {why}. Save it again.") from error
    if table.num_rows != promised:
        raise DataError(f"{path.name} promises {promised:,} rows and holds {table.num_rows:,}. Save it again.")
    return table


readers.register("parquet")(Parquet())
