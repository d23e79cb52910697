"""A delimited file again: the same separator, header and cells as written; UTF-8, ``\\n`` line ends, gzip if it was."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc

from whet.auditing.fixing.edited_table import edited_table
from whet.auditing.fixing.plan import Plan
from whet.data.raw import Raw
from whet.data.sources.byte_stream import utf8_blocks
from whet.data.sources.dialect import find_separator
from whet.data.sources.reader import ending_of

__all__ = ["write_delimited"]

BLOCK_ROWS = 50_000  # turned into Python strings at a time


def write_delimited(raw: Raw, plan: Plan, source: Path, path: Path) -> None:
    """Write the copy of ``source``, whose cells as written are ``raw.table``, to ``path``."""
    table = edited_table(raw.table, raw.row_numbers, plan)
    default = b"\t" if ending_of(source).startswith(".tsv") else b","
    alone = table.num_columns == 1  # then no separator can be told from the text
    separator = default if alone else find_separator(next(utf8_blocks(source), b""), default=default)
    with path.open("wb") as file:
        if path.suffix.lower() == ".gz":
            with gzip.GzipFile(fileobj=file, filename="", mode="wb", mtime=0) as packed:
                _write(table, separator.decode(), cast(BinaryIO, packed))
        else:
            _write(table, separator.decode(), file)


def _write(table: pa.Table, separator: str, file: BinaryIO) -> None:
    stream = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    # The writer quotes what holds its own line end, "\n"; a lone "\r" would end a row too.
    writer = csv.writer(
        stream,
        delimiter=separator,
        lineterminator="\n",
        quoting=csv.QUOTE_ALL if _has_return(table) else csv.QUOTE_MINIMAL,
    )
    writer.writerow(table.column_names)
    for start in range(0, table.num_rows, BLOCK_ROWS):
        columns = [column.to_pylist() for column in table.slice(start, BLOCK_ROWS).columns]
        writer.writerows(zip(*columns, strict=True))
    stream.flush()
    stream.detach()


def _has_return(table: pa.Table) -> bool:
    return any(pc.any(pc.match_substring(column, "\r")).as_py() for column in table.columns)
