"""Sheets for people: CSV that a spreadsheet program opens without running what a cell says.

A cell that begins like a formula gets an apostrophe in front, and loses it again when the sheet is read back.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from whet.spreadsheet import safe_cell

__all__ = ["guarded", "unguarded", "write_sheet"]


def write_sheet(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write the sheet as UTF-8 and say how many rows it has."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        for row in rows:
            writer.writerow([guarded(cell) for cell in row])
            count += 1
    return count


def guarded(cell: str) -> str:
    """The cell, harmless in a spreadsheet, and such that ``unguarded`` gives it back.

    >>> guarded("=1+1"), guarded("-2.5"), guarded("'=quoted"), guarded("'tis")
    ("'=1+1", '-2.5', "''=quoted", "'tis")
    """
    safe = safe_cell(cell)
    return f"'{cell}" if safe != cell or unguarded(cell) != cell else cell


def unguarded(cell: str) -> str:
    """What ``guarded`` was given; a cell that a person wrote without the apostrophe stays as it is.

    >>> unguarded("'=1+1"), unguarded("''=quoted"), unguarded("'tis"), unguarded("=1+1")
    ('=1+1', "'=quoted", "'tis", '=1+1')
    """
    rest = cell.removeprefix("'")
    return rest if rest != cell and (rest.startswith("'") or safe_cell(rest) != rest) else cell
