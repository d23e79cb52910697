"""A key of what would be decoded: equal source content and schema, equal key; used to find a finished decode again."""

from __future__ import annotations

import hashlib
import json
import os

import numpy as np
import pyarrow as pa

from whet.data.decode.named_files import named_file
from whet.data.kinds import Kind
from whet.data.raw import Raw
from whet.data.schema import Schema
from whet.data.store import hash_arrays
from whet.errors import DataError

__all__ = ["content_key"]

_VERSION = "1"  # raise it when a decoder changes what it makes of the same source


def content_key(raw: Raw, schema: Schema) -> str:
    """32 hexadecimal digits over schema, feature columns, arrays, and size and time of change of every file named."""
    digest = hashlib.sha256(_VERSION.encode())
    features = schema.to_dict()["features"]
    digest.update(json.dumps([features, raw.origin], sort_keys=True).encode())
    digest.update(hash_arrays({"rows": raw.row_numbers}).encode())  # remarks name rows
    for column in schema.features:
        if column.name in raw.arrays:
            digest.update(hash_arrays({column.name: raw.arrays[column.name]}).encode())
            continue
        _add_table(digest, raw.table.select([column.name]))
        if column.kind in (Kind.IMAGE, Kind.AUDIO):
            _add_files(digest, raw, column.name)
    return digest.hexdigest()[:32]


def _add_table(digest: hashlib._Hash, table: pa.Table) -> None:
    """The bytes of Arrow's own stream format, in blocks; another chunking at worst decodes once more."""
    sink = _HashingFile(digest)
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), table.schema) as writer:
        writer.write_table(table, max_chunksize=65_536)


def _add_files(digest: hashlib._Hash, raw: Raw, name: str) -> None:
    for chunk in raw.table.column(name).chunks:
        for value in chunk.to_pylist():
            try:
                status = os.stat(named_file(value, raw.root, thing="file"))
                mark = np.array([status.st_size, status.st_mtime_ns], dtype=np.int64).tobytes()
            except (OSError, DataError, ValueError):
                mark = b"absent"
            digest.update(mark)


class _HashingFile:
    """A file-like object that keeps nothing but the hash of what is written."""

    def __init__(self, digest: hashlib._Hash) -> None:
        self._digest = digest
        self.closed = False

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered."""

    def close(self) -> None:
        self.closed = True
