"""Parquet files: columns keep their types; larger than memory works, since rows go to a mapped file piece by piece."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from whet.data.raw import Raw
from whet.data.sources.dialect import check_names
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
    from pyarrow import parquet

    if path.stat().st_size == 0:
        raise DataError(f"{path.name} is empty. Check that it is the right file and was saved whole.")
    try:
        with parquet.ParquetFile(path) as file:
            # pandas' notes are dropped: an index they name is a column like any other.
            schema = file.schema_arrow.remove_metadata()
            check_names(schema.names, path.name)
            with GrowingTable(schema) as growing:
                for batch in file.iter_batches():
                    growing.add(pa.Table.from_batches([batch]).replace_schema_metadata(None))
                return growing.finish()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path.name} is no readable Parquet file: {error}. Save it again.") from error


readers.register("parquet")(Parquet())
