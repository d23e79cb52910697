"""A few unreadable files are set aside and reported; many mean that something is wrong with the whole source."""

from __future__ import annotations

from collections.abc import Mapping

from whet.data.kinds import Kind
from whet.data.raw import Raw
from whet.data.schema import Column
from whet.errors import DataError

__all__ = ["refuse_many"]

_MOST_BAD = 0.05  # share of unreadable files


_READ = {  # files by kind of column: what they are called, which formats are read
    Kind.IMAGE: ("pictures", "PNG, JPEG, BMP, WebP and GIF"),
    Kind.AUDIO: ("sounds", "WAV, FLAC, OGG and MP3"),
}


def refuse_many(faults: Mapping[int, str], column: Column, raw: Raw) -> None:
    """Raise if more than 5 % of a column's files are unreadable; ``faults``: position in Raw -> what is wrong."""
    if column.kind not in _READ or len(faults) <= _MOST_BAD * raw.num_rows:
        return
    if len(faults) == 1 and raw.num_rows < 1 / _MOST_BAD and raw.num_rows > 1:
        return  # one bad file among a handful is still reported, not fatal
    things, formats = _READ[column.kind]
    first = "; ".join(f"row {raw.row_numbers[r]}: {what}" for r, what in list(faults.items())[:5])
    raise DataError(
        f"{raw.origin}, column {column.name!r}: {len(faults):,} of {raw.num_rows:,} {things} cannot be read, more than "
        f"5 %: {first}. Repair or remove them; formats read are {formats}."
    )
