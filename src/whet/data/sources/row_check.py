"""Is a record of a delimited file a sound row, and in which encoding? Decided row by row, so that one bad byte costs
one row and never the reading of the others."""

from __future__ import annotations

from whet.data.sources.records import Record
from whet.data.sources.tally import Tally, snippet

__all__ = ["RowCheck"]


class RowCheck:
    """Enters every record into ``tally``; remarks that concern many rows are made once, by ``close``."""

    def __init__(self, tally: Tally, *, num_cells: int) -> None:
        self._tally = tally
        self._num_cells = num_cells
        self._num_cp1252 = 0
        self._first_cp1252 = ""
        self._num_waiting = 0  # blank lines before the next row: at the end of the file they mean nothing
        self._first_waiting = 0
        self._num_blank = 0
        self._first_blank = 0

    def sound_text(self, record: Record) -> bytes | None:
        """The row as UTF-8, or None for a blank line or a row that was reported."""
        if not record.text:
            self._first_waiting = self._first_waiting or record.line
            self._num_waiting += 1
            return None
        self._count_blanks()
        text = record.text
        fault = self._fault(record)
        if fault is None and not text.isascii():
            text, fault = self._as_utf8(record)
        if fault is not None:
            self._tally.report(f"{self._tally.origin} line {record.line}", fault)
            return None
        self._tally.keep()
        return text

    def close(self) -> None:
        """Make the remarks."""
        origin = self._tally.origin
        if self._num_cp1252:
            self._tally.remark(
                self._first_cp1252,
                f"{self._num_cp1252:,} row(s), this one first, are not UTF-8 and were read as cp1252 "
                "(Windows, Western Europe). If letters look wrong, save the file as UTF-8",
            )
        if self._num_cells == 1 and self._num_blank:
            self._tally.remark(
                f"{origin} line {self._first_blank}",
                f'{self._num_blank:,} blank line(s) are not taken as rows. Write "" for a row with an empty cell',
            )

    def _count_blanks(self) -> None:
        if self._num_waiting:
            self._first_blank = self._first_blank or self._first_waiting
            self._num_blank += self._num_waiting
            self._num_waiting = self._first_waiting = 0

    def _fault(self, record: Record) -> str | None:
        if record.is_malformed:
            return f"a quote is opened and not closed in this row: {snippet(record.text)}"
        if b"\0" in record.text:
            return f"holds a NUL byte; is the file UTF-16 without a byte-order mark? {snippet(record.text)}"
        if record.num_cells != self._num_cells:
            return f"expected {self._num_cells} cells, found {record.num_cells}: {snippet(record.text)}"
        return None

    def _as_utf8(self, record: Record) -> tuple[bytes, str | None]:
        try:
            record.text.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = f"byte 0x{record.text[error.start]:02x} at position {error.start + 1} of the row"
        else:
            return record.text, None
        try:
            text = record.text.decode("cp1252").encode()
        except UnicodeDecodeError:
            return b"", f"{byte} is neither UTF-8 nor cp1252; save the file as UTF-8: {snippet(record.text)}"
        self._num_cp1252 += 1
        self._first_cp1252 = self._first_cp1252 or f"{self._tally.origin} line {record.line}, {byte}"
        return text, None
