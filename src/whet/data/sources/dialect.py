"""Which of the four separators a delimited file uses, and the names in its header."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import islice

from whet.data.sources.limits import check_columns
from whet.data.sources.records import Record, records_of
from whet.errors import DataError

__all__ = ["SEPARATORS", "check_names", "find_separator", "looks_numeric", "parse_header"]

SEPARATORS = (b",", b";", b"\t", b"|")

_SAMPLE_BYTES = 256 << 10
_SAMPLE_RECORDS = 200


def find_separator(sample: bytes, default: bytes = b",") -> bytes:
    r"""The separator that splits the header into cells and most rows into as many; ``default`` for a single column.

    >>> find_separator(b"text;label\n1,5 or 2,5;a\n"), find_separator(b"text\nwell, yes\n")
    (b';', b',')
    """
    scores = {}
    for separator in SEPARATORS:
        counts = _cell_counts(sample[:_SAMPLE_BYTES], separator)
        if counts and counts[0] > 1:
            agreeing = sum(n == counts[0] for n in counts) / len(counts)
            scores[separator] = (agreeing, counts[0], separator == default)
    return max(scores, key=scores.__getitem__) if scores else default


def _cell_counts(sample: bytes, separator: bytes) -> list[int]:
    counts: list[int] = []
    try:
        for record in islice(records_of(iter([sample]), separator, ""), _SAMPLE_RECORDS):
            if record.text:
                counts.append(record.num_cells)
    except DataError:  # a quote that is open where the sample ends
        pass
    return counts


def parse_header(record: Record, separator: bytes, origin: str) -> list[str]:
    """The column names, outer white space cut.

    Raises:
        DataError: names that are empty or occur twice, all of them at once.
    """
    where = f"{origin} line {record.line}"
    check_columns(record.num_cells, where)
    if len(record.text) / 3 < record.text.count(0) < len(record.text):
        raise DataError(
            f"{where}: the header looks like UTF-16 without a byte-order mark ({record.text[:60]!r}). Save it as UTF-8."
        )
    if b"\0" in record.text or record.is_malformed:
        raise DataError(f"{where}: the header is damaged ({record.text[:60]!r}). Is this a text file saved as UTF-8?")
    try:
        text = record.text.decode("utf-8")
    except UnicodeDecodeError:
        text = record.text.decode("cp1252", errors="replace")
    try:
        names = [cell.strip() for cell in next(csv.reader([text], delimiter=separator.decode()))]
    except csv.Error as error:
        raise DataError(f"{where}: the header cannot be read: {error}. It begins {text[:60]!r}.") from error
    check_names(names, where)
    if len(names) != record.num_cells:
        raise DataError(f"{where}: the header cannot be split into {record.num_cells} names: {text[:60]!r}.")
    return names


def check_names(names: list[str], where: str) -> None:
    """Every column needs a name of its own, and there must not be too many."""
    check_columns(len(names), where)
    faults = []
    empty = [i + 1 for i, name in enumerate(names) if not name]
    if empty:
        shown = ", ".join(map(str, empty[:10])) + (", ..." if len(empty) > 10 else "")
        faults.append(f"column{'s' if len(empty) > 1 else ''} {shown} of {len(names)} without a name")
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        faults.append(f"the same name for several columns: {', '.join(repr(n) for n in twice[:10])}")
    if faults:
        hint = (
            " pandas writes a nameless first column for its index: use to_csv(..., index=False)." if 1 in empty else ""
        )
        raise DataError(f"{where}: {'; '.join(faults)}. Give every column a name of its own.{hint}")


def looks_numeric(cells: list[str]) -> bool:
    """Whether every cell is a number, as in a first row of data and hardly ever in a header.

    >>> looks_numeric(["1", "-2.5e3", "NaN"]), looks_numeric(["1", "a"]), looks_numeric([])
    (True, False, False)
    """
    try:
        return bool([float(cell) for cell in cells])
    except ValueError:
        return False
