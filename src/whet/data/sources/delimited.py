"""CSV and TSV files, also gzip-compressed: every cell as text, every row kept or reported.

Separator: comma, semicolon, tab or bar, whichever splits the header and the rows alike. A header line is needed.
An empty cell is null and nothing else is; words such as "NA" are for inference to judge. Blank lines are no rows.
Encoding: UTF-8, or UTF-16 with a byte-order mark. A row that is not UTF-8 is read as cp1252 (Windows, Western Europe)
and remarked on; a row that is neither is reported. Larger than memory works: 64 MB and more go to a mapped file.
Limits on columns, on the length of a line or a quoted cell, and on what a packed file may grow to: see ``limits``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa

from whet.data.raw import Raw
from whet.data.sources.byte_stream import utf8_blocks
from whet.data.sources.dialect import find_separator, looks_numeric, parse_header
from whet.data.sources.reader import Prefer, ending_of, existing_file, readers
from whet.data.sources.records import Record, records_of
from whet.data.sources.row_check import RowCheck
from whet.data.sources.spill import GrowingTable
from whet.data.sources.tally import Tally
from whet.data.sources.ucr_tsv import is_ucr_tsv
from whet.errors import DataError

__all__ = ["Delimited"]

_PIECE_BYTES = 4 << 20  # converted at a time


class Delimited:
    """CSV and TSV with a header."""

    form = "CSV or TSV file"
    endings = (".csv", ".tsv", ".csv.gz", ".tsv.gz")

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        path = existing_file(source, self.endings)
        return path is not None and not is_ucr_tsv(path)

    def read(self, source: object, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        path = existing_file(source, self.endings)
        assert path is not None, "read follows matches"
        return read_delimited(path)


def read_delimited(path: Path) -> Raw:
    """All rows of a delimited file."""
    origin = path.name
    blocks = utf8_blocks(path)
    first = next(blocks, b"")
    separator = find_separator(first, default=b"\t" if ending_of(path).startswith(".tsv") else b",")
    records = records_of(chain([first], blocks), separator, origin)
    header = next((r for r in records if r.text), None)
    if header is None:
        raise DataError(f"{origin} is empty. Check that it is the right file and was saved whole.")
    names = parse_header(header, separator, origin)
    tally = Tally(origin)
    if looks_numeric(names):
        tally.remark(
            f"{origin} line {header.line}",
            f"the first line is taken as column names, but holds only numbers: {names[:5]}. "
            "If the header is missing, add one, or that row is lost",
        )
    table = _table(records, names, separator, tally)
    problems, rows = tally.close()
    if table.num_rows != tally.num_seen - sum(not p.kept for p in problems):
        raise DataError(f"{origin}: Arrow converted {table.num_rows} rows where more are sound; please report this.")
    return Raw(origin=origin, table=table, root=path.parent, rows=rows, problems=problems)


def _table(records: Iterator[Record], names: list[str], separator: bytes, tally: Tally) -> pa.Table:
    check = RowCheck(tally, num_cells=len(names))
    with GrowingTable(pa.schema([(name, pa.string()) for name in names])) as growing:
        piece, size = [], 0
        for record in records:
            text = check.sound_text(record)
            if text is None:
                continue
            piece.append(text)
            size += len(text)
            if size > _PIECE_BYTES:
                growing.add(_convert(piece, names, separator))
                piece, size = [], 0
        if piece:
            growing.add(_convert(piece, names, separator))
        check.close()
        return growing.finish()


def _convert(rows: list[bytes], names: list[str], separator: bytes) -> pa.Table:
    from pyarrow import csv

    text = b"\n".join(rows) + b"\n"
    types = {name: pa.string() for name in names}
    try:
        return csv.read_csv(
            io.BytesIO(text),
            read_options=csv.ReadOptions(use_threads=False, column_names=names, block_size=len(text) + 1),
            parse_options=csv.ParseOptions(delimiter=separator.decode(), newlines_in_values=True),
            convert_options=csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""]),
        )
    except pa.ArrowException as error:
        raise DataError(f"rows that look sound cannot be converted: {error}. Please report this.") from error


readers.register("delimited")(Delimited())
