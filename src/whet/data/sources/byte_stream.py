"""The bytes of a text file as blocks of UTF-8: unpacked, without byte-order mark, UTF-16 translated.

Only a byte-order mark makes a file UTF-16. A file without one is passed on as it is; whoever reads the lines meets
what is not UTF-8, and can say in which line.
"""

from __future__ import annotations

import codecs
import itertools
from collections.abc import Iterator
from pathlib import Path

from whet.data.sources.limits import MAX_LINE_BYTES
from whet.data.sources.unpacking import plain_blocks
from whet.errors import DataError

__all__ = ["lines_of", "utf8_blocks"]

BLOCK_BYTES = 4 << 20


def utf8_blocks(path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Blocks of at least one byte, in order; a block may end inside a character."""
    blocks = plain_blocks(path, block_bytes)
    first = next(blocks, b"")
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield from _from_utf16(first, blocks, path)
        return
    first = first.removeprefix(codecs.BOM_UTF8)
    if first:
        yield first
    yield from blocks


def lines_of(blocks: Iterator[bytes], origin: str) -> Iterator[bytes]:
    r"""Lines with their ends (``\n``, ``\r\n`` or ``\r``), however the blocks cut them.

    >>> list(lines_of(iter([b"a\r", b"\nb\rc", b"d"]), "x"))
    [b'a\r\n', b'b\r', b'cd']
    """
    held = b""  # the last line always waits: the next block may go on with it, or with its "\n"
    number = 0
    for block in blocks:
        whole = (held + block).splitlines(keepends=True)
        held = whole.pop() if whole else b""
        number += len(whole)
        yield from whole
        if len(held) > MAX_LINE_BYTES:
            raise DataError(
                f"{origin} line {number + 1} is longer than {MAX_LINE_BYTES >> 20} MB. "
                "Is this a text file with one example per line?"
            )
    if held:
        yield held


def _from_utf16(first: bytes, blocks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")()
    num_lines = 1
    try:
        for block in itertools.chain([first], blocks):
            text = decoder.decode(block)
            num_lines += text.count("\n")
            if text:
                yield text.encode()
        if rest := decoder.decode(b"", final=True):
            yield rest.encode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name} starts with the byte-order mark of UTF-16, but is no UTF-16 after about line {num_lines}: "
            f"{error.reason}. Save it as UTF-8."
        ) from error
