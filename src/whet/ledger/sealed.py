"""The sealed test: examples that nothing reads until the end, with every opening on record before it happens.

Python cannot hide an object from someone determined to find it. What this does: every ordinary way to the examples
raises, a test scans the sources for the extraordinary ones, and each opening is in the ledger, which cannot be edited.

The first opening allows a plain 95 % interval; each further one of the same examples halves what is left:
alpha = 0.05 / 2**j with j = 0 for the first. (That is how "after the j-th opening" is read here: j counts the openings
that came before.) After three openings, collect fresh examples.
"""

from __future__ import annotations

import hashlib
from typing import NoReturn

import numpy as np

from whet.data.dataset import Dataset
from whet.errors import SealedTestError
from whet.ledger.records import Ledger

__all__ = ["SealedTest"]


class SealedTest:
    """Holds the examples of ``dataset`` at ``rows`` until ``open``.

    ``num`` and ``fingerprint`` may be read at any time; everything that a Dataset offers is refused.
    """

    __slots__ = ("__dataset", "__ledger", "fingerprint", "num")

    def __init__(self, dataset: Dataset, rows: np.ndarray, *, ledger: Ledger) -> None:
        chosen = np.asarray(rows, dtype=np.int64)
        self.__dataset = dataset.take(chosen)
        self.__ledger = ledger
        self.num = len(chosen)
        self.fingerprint = hashlib.sha256(dataset.fingerprint.encode() + chosen.astype("<i8").tobytes()).hexdigest()

    @property
    def num_openings(self) -> int:
        """How often these examples were opened, earlier sessions of the run included."""
        return sum(row["fingerprint"] == self.fingerprint for row in self.__ledger.openings())

    @property
    def alpha(self) -> float:
        """1 - confidence of the intervals that the latest opening allows (before any: the one the first would)."""
        return opening_alpha(max(0, self.num_openings - 1))

    def open(self, purpose: str) -> Dataset:
        """The examples. The opening is in the ledger before they are handed out, also if the caller then dies."""
        if not purpose.strip():
            raise SealedTestError("opening the sealed test needs a purpose in words; got an empty one.")
        alpha = opening_alpha(self.num_openings)
        self.__ledger.record_opening(purpose=purpose, fingerprint=self.fingerprint, alpha=alpha)
        return self.__dataset

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)  # Python's own questions ("are you an array?") get Python's own answer
        raise SealedTestError(
            f"the sealed test does not give away {name!r}: its {self.num} examples are read once, at the end, "
            'through open("why"), which is written to the ledger.'
        )

    def __len__(self) -> int:
        return self.num

    def __repr__(self) -> str:
        return f"SealedTest(num={self.num}, fingerprint={self.fingerprint[:12]!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise SealedTestError("the sealed test cannot be copied or pickled: that would open it without a record.")


def opening_alpha(openings_before: int) -> float:
    """1 - confidence of an opening's intervals.

    >>> [opening_alpha(j) for j in range(3)]
    [0.05, 0.025, 0.0125]
    """
    return float(0.05 / 2.0**openings_before)
