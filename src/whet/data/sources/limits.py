"""How much a file may ask for, so that a small hostile one cannot fill memory or disk, and what it is told instead.

Packed data may grow a lot, but not without end. Up to 16 MB nothing is asked; above, every 16 MB of them must come
from at least 1/200 of that in the file (gzip reaches 1/1000 only for endless repetition), and above 4 GB the whole may
be at most 20 times the file. Sizes that a file declares about itself are never trusted: what comes out is counted.
"""

from __future__ import annotations

from whet.errors import DataError

__all__ = ["FREE_BYTES", "MAX_COLUMNS", "MAX_LINE_BYTES", "check_columns", "check_growth", "in_megabytes"]

MAX_COLUMNS = 20_000  # of a table; inference looks at each one
MAX_LINE_BYTES = 64 << 20  # bounds memory: a longer line is a file of another kind, or an unclosed quote
FREE_BYTES = 16 << 20  # unpacked in a window, before the ratio counts
MAX_RATIO = 200  # unpacked over packed, in any window
LARGE_BYTES = 4 << 30  # unpacked in all, before the lower ratio counts
LARGE_RATIO = 20


def check_columns(num_columns: int, where: str) -> None:
    """A table has at most ``MAX_COLUMNS`` columns."""
    if num_columns > MAX_COLUMNS:
        raise DataError(
            f"{where}: {num_columns:,} columns are more than the {MAX_COLUMNS:,} allowed. If they are steps or pixels, "
            "give them as one array (.npz); otherwise keep the columns that matter."
        )


def check_growth(origin: str, *, packed: int, unpacked: int, free_bytes: int = FREE_BYTES) -> None:
    """``unpacked`` bytes may come from ``packed`` ones.

    >>> check_growth("a.csv.gz", packed=1 << 20, unpacked=100 << 20)
    >>> check_growth("a.csv.gz", packed=1 << 20, unpacked=300 << 20)
    Traceback (most recent call last):
    whet.errors.DataError: a.csv.gz: 1 MB in the file grow to more than 300 MB, as in a file made to fill memory. ...
    """
    is_large = unpacked > LARGE_BYTES and unpacked > LARGE_RATIO * packed
    if is_large or (unpacked > free_bytes and unpacked > MAX_RATIO * packed):
        raise DataError(
            f"{origin}: {in_megabytes(packed)} in the file grow to more than {in_megabytes(unpacked)}, as in a file "
            "made to fill memory. If you trust it, unpack it yourself or save it without compression."
        )


def in_megabytes(num_bytes: int) -> str:
    """For messages.

    >>> in_megabytes(100), in_megabytes(3 << 30)
    ('1 MB', '3,072 MB')
    """
    return f"{max(1, num_bytes >> 20):,} MB"
