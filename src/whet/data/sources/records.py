r"""Delimited text falls into records: which bytes are one row, on which line it starts, how many cells it has.

This decides what a row is, so that every row can be accounted for; Arrow then only converts rows that are sound.
The grammar is the one Arrow and Python's ``csv`` share: a quote opens only at the start of a cell, ``""`` inside quotes
is a quote, line ends inside quotes belong to the cell, and text after a closing quote is kept as it stands.

One rule is added. When a quoted cell runs over line ends and text follows a closing quote in it, the opening quote was
a stray one that has swallowed rows: its line is reported as malformed, and reading goes on with the very next line.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from whet.data.sources.byte_stream import lines_of
from whet.data.sources.limits import MAX_LINE_BYTES, in_megabytes
from whet.errors import DataError

__all__ = ["Record", "records_of"]

_BYTES_PER_LINE = 100  # that a line held costs beside its text


class Record(NamedTuple):
    """One row. ``line`` is 1-based; ``text`` lacks the line end and is empty for a blank line."""

    line: int
    text: bytes
    num_cells: int
    is_malformed: bool = False


def records_of(blocks: Iterator[bytes], separator: bytes, origin: str) -> Iterator[Record]:
    r"""The records in order, blank lines included.

    >>> [tuple(r) for r in records_of(iter([b'a,b\n1,"x\n', b'y"\n\n2']), b",", "t.csv")]
    [(1, b'a,b', 2, False), (2, b'1,"x\ny"', 2, False), (4, b'', 1, False), (5, b'2', 1, False)]

    Raises:
        DataError: a quote that is never closed, with the line where it began.
    """
    quotes = _Quotes(separator)
    source = enumerate(lines_of(blocks, origin), start=1)
    again: deque[tuple[int, bytes]] = deque()  # lines that a stray quote had swallowed
    stray_until = 0  # a quote still open at the end of a line before this one comes to the same bad end
    while (item := again.popleft() if again else next(source, None)) is not None:
        number, line = item
        if b'"' not in line:
            yield Record(number, line.rstrip(b"\r\n"), line.count(separator) + 1)
            continue
        held, num_separators, is_open, is_sound = [item], *quotes.scan(line, is_open=False)
        is_stray = is_open and (not is_sound or number < stray_until)
        size = len(line)
        while is_open and not is_stray:
            if (item := again.popleft() if again else next(source, None)) is None or size > MAX_LINE_BYTES:
                raise _unclosed(number, origin, size)
            held.append(item)
            size += len(item[1]) + _BYTES_PER_LINE
            more, is_open, is_sound = quotes.scan(item[1], is_open=True)
            num_separators, is_stray = num_separators + more, not is_sound
        if is_stray:
            stray_until = max(stray_until, held[-1][0])
            again.extendleft(reversed(held[1:]))
            yield Record(number, line.rstrip(b"\r\n"), 0, is_malformed=True)
        else:
            yield Record(number, b"".join(piece for _, piece in held).rstrip(b"\r\n"), num_separators + 1)


class _Quotes:
    """Counts the separators of one line that are not inside quotes."""

    def __init__(self, separator: bytes) -> None:
        self._separator = separator
        self._quoted = re.compile(rb"(?:\A|(?<=" + re.escape(separator) + rb'))"(?:[^"]|"")*+("|\Z)')
        self._rest = re.compile(rb'(?:[^"]|"")*+("|\Z)')  # of a cell opened on an earlier line
        self._after = (separator, b"\r", b"\n", b"")  # what may follow a closing quote

    def scan(self, line: bytes, *, is_open: bool) -> tuple[int, bool, bool]:
        """Separators outside quotes; is a quote still open; does only an end of cell follow each closing quote."""
        count, is_sound, start = 0, True, 0
        if is_open:
            rest = self._rest.match(line)
            assert rest is not None  # the pattern matches anything
            if not rest[1]:
                return 0, True, True
            start, is_sound, is_open = rest.end(), self._ends_cell(line, rest.end()), False
        count = line.count(self._separator, start)
        for quoted in self._quoted.finditer(line, start):
            count -= line.count(self._separator, quoted.start(), quoted.end())
            is_open = not quoted[1]
            is_sound = is_sound and (is_open or self._ends_cell(line, quoted.end()))
        return count, is_open, is_sound

    def _ends_cell(self, line: bytes, position: int) -> bool:
        return line[position : position + 1] in self._after


def _unclosed(line: int, origin: str, size: int) -> DataError:
    within = f" within {in_megabytes(MAX_LINE_BYTES)}" if size > MAX_LINE_BYTES else ""
    return DataError(
        f"{origin}: the quote that opens a cell on line {line} is never closed{within}. "
        'Close it, or write a quote that belongs to the text as "" inside a quoted cell.'
    )
