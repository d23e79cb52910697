"""The books of a reader: every example of a source is either kept or reported, and few may be reported.

Above 5 % something is wrong with the whole source (delimiter, encoding, export), not with single rows.
"""

from __future__ import annotations

from array import array

import numpy as np

from whet.data.raw import Problem
from whet.errors import DataError

__all__ = ["MOST_REPORTED", "Tally", "snippet"]

MOST_REPORTED = 0.05  # share of the examples
MOST_KEPT_IN_MEMORY = 250_000  # reported rows


class Tally:
    """Counts examples in source order: call ``keep`` or ``report`` once for each.

    >>> tally = Tally("a.csv")
    >>> for line in range(2, 42):
    ...     tally.report("a.csv line 7", "3 cells") if line == 7 else tally.keep()
    >>> problems, rows = tally.close()
    >>> problems[0].row, len(rows), len(problems) + len(rows)
    (5, 39, 40)
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.num_seen = 0
        self._kept = array("q")
        self._problems: list[Problem] = []
        self._num_reported = 0

    def keep(self) -> None:
        """The next example is kept."""
        self._kept.append(self.num_seen)
        self.num_seen += 1

    def report(self, where: str, what: str) -> None:
        """The next example is set aside, and why."""
        self._problems.append(Problem(where=where, what=what, row=self.num_seen))
        self._num_reported += 1
        self.num_seen += 1
        if self._num_reported > MOST_KEPT_IN_MEMORY:
            first = self._problems[0]
            raise DataError(
                f"{self.origin}: more than {MOST_KEPT_IN_MEMORY:,} rows cannot be used. The first: {first.where}: "
                f"{first.what}. Export the data again."
            )

    def remark(self, where: str, what: str) -> None:
        """Something a person should know that cost no example."""
        self._problems.append(Problem(where=where, what=what, kept=True))

    def close(self) -> tuple[tuple[Problem, ...], np.ndarray | None]:
        """The problems, and the (N,) int64 source numbers of the kept examples (None when all are kept).

        Raises:
            DataError: nothing was kept, or more than 5 % was reported.
        """
        bad = [p for p in self._problems if not p.kept]
        if self.num_seen == 0:
            raise DataError(f"{self.origin} holds no examples. Check that it is the right one and was saved whole.")
        if self._num_reported > MOST_REPORTED * self.num_seen:
            first = "\n".join(f"  {p.where}: {p.what}" for p in bad[:5])
            raise DataError(
                f"{self.origin}: {self._num_reported:,} of {self.num_seen:,} rows cannot be used, more than the "
                f"{MOST_REPORTED:.0%} that may be set aside. The first:\n{first}\n"
                "Fix or delete these rows, or export the data again."
            )
        return tuple(self._problems), np.frombuffer(self._kept, np.int64).copy() if bad else None


def snippet(text: bytes | str, length: int = 60) -> str:
    """The beginning of a damaged row, safe to print.

    >>> snippet(b"a,b\\x00,c"), snippet("x" * 100, 5)
    ("'a,b\\\\x00,c'", "'xxxxx...'")
    """
    words = text[: length + 1].decode("utf-8", "replace") if isinstance(text, bytes) else text
    return repr(words[:length] + ("..." if len(text) > length else ""))
