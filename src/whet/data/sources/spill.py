"""Tables that grow piece by piece: in memory while small, in a memory-mapped Arrow stream once large.

The stream form, not the file form, because it lets categories grow from piece to piece."""

from __future__ import annotations

import os
import tempfile
from types import TracebackType
from typing import Self

import pyarrow as pa

from whet.errors import DataError

__all__ = ["SPILL_BYTES", "GrowingTable"]

SPILL_BYTES = 64 << 20


class GrowingTable:
    """Add tables of one schema, then ``finish``.

    The file lies in the system's folder for temporary files (``TMPDIR`` moves it). On POSIX its name is removed as
    soon as it is mapped, so that nothing is left behind however the process ends.

    >>> with GrowingTable(pa.schema({"a": pa.string()})) as growing:
    ...     growing.add(pa.table({"a": ["x", "y"]}))
    ...     growing.finish().num_rows
    2
    """

    def __init__(self, schema: pa.Schema, *, limit_bytes: int = SPILL_BYTES) -> None:
        self._schema = schema
        self._limit = limit_bytes
        self._pieces: list[pa.Table] = []
        self._size = 0
        self._path: str | None = None
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Remove what an interrupted reading has left."""
        if self._writer is not None:
            self._writer.close()
        if self._path is not None and os.path.exists(self._path):
            os.unlink(self._path)

    def add(self, piece: pa.Table) -> None:
        """Append rows; ``piece`` has the schema given at the start."""
        try:
            if self._writer is not None:
                self._writer.write_table(piece)
                return
            self._pieces.append(piece)
            self._size += piece.nbytes
            if self._size > self._limit:
                self._start_file()
        except OSError as error:
            raise _no_room(error) from error

    def finish(self) -> pa.Table:
        """All rows."""
        if self._writer is None or self._path is None:
            return pa.concat_tables([self._schema.empty_table(), *self._pieces])
        try:
            self._writer.close()
        except OSError as error:
            raise _no_room(error) from error
        self._writer = None
        table = pa.ipc.open_stream(pa.memory_map(self._path)).read_all()
        try:
            os.unlink(self._path)
        except OSError:  # Windows keeps the name of a mapped file; the system clears its temporary folder
            self._path = None
        return table

    def _start_file(self) -> None:
        handle, self._path = tempfile.mkstemp(prefix="whet-", suffix=".arrow")
        os.close(handle)
        self._writer = pa.ipc.new_stream(self._path, self._schema)
        for piece in self._pieces:
            self._writer.write_table(piece)
        self._pieces = []


def _no_room(error: OSError) -> DataError:
    return DataError(
        f"the data do not fit into memory, and writing them to {tempfile.gettempdir()!r} failed: "
        f"{error.strerror or error}. Free space there, or set TMPDIR to a folder on a larger disk."
    )
