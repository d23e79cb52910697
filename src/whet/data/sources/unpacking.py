"""The bytes of a file in blocks, unpacked where it is gzip, with an eye on how much comes out of how little."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from whet.data.sources.limits import FREE_BYTES, check_growth
from whet.errors import DataError

__all__ = ["plain_blocks"]


def plain_blocks(path: Path, block_bytes: int) -> Iterator[bytes]:
    """Blocks of at least one byte, in order.

    Raises:
        DataError: the file cannot be read or unpacked, or grows beyond the limits. A file that begins like a bomb is
            refused before its first block, since reading rows takes far longer than unpacking them.
    """
    try:
        if path.suffix.lower() != ".gz":
            with path.open("rb") as stream:
                while block := stream.read(block_bytes):
                    yield block
            return
        unpacked = 0
        for block in _gunzip(path, block_bytes):
            unpacked += len(block)
            if unpacked > FREE_BYTES:
                break
        yield from _gunzip(path, block_bytes)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path.name} cannot be unpacked: {error}. It is cut short or no gzip file.") from error
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror or error}.") from error


def _gunzip(path: Path, block_bytes: int) -> Iterator[bytes]:
    whole = path.stat().st_size
    total = window = at = 0  # unpacked so far; unpacked since the file was at position ``at``
    with path.open("rb") as packed, gzip.GzipFile(fileobj=packed, mode="rb") as stream:
        while block := stream.read(block_bytes):
            total, window = total + len(block), window + len(block)
            check_growth(path.name, packed=whole, unpacked=total)
            check_growth(path.name, packed=packed.tell() - at, unpacked=window)
            if window > FREE_BYTES:
                window, at = 0, packed.tell()
            yield block
