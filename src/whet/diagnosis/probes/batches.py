"""What the loaders give: the first batches of one reading, and of a second one for comparison.

A loader may be read only once (a generator) or never end; random states are as they were afterwards.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any

from whet.diagnosis.case import Case
from whet.diagnosis.preserving import preserving
from whet.errors import CannotJudgeError

__all__ = ["Batches", "batches", "is_one_shot"]

MOST = 64  # batches kept of the first reading
SECOND = 4  # of the second
FRESH = 16  # of the validation loader
FEWEST = 2  # of each, however slowly they come
SHARE = 0.1  # of the time left, for each


@dataclass(frozen=True, kw_only=True)
class Batches:
    """Batches as the loaders gave them, untouched."""

    first: tuple[Any, ...]  # of the training loader, from its beginning; at least one
    second: tuple[Any, ...]  # its beginning once more: the same where nothing is shuffled; empty where it reads once
    valid: tuple[Any, ...]  # of the validation loader; empty without one
    is_whole: bool  # ``first`` is a whole epoch
    reads_once: bool = False  # the training loader is an iterator: a second epoch finds it where the first one left it


def batches(case: Case) -> Batches:
    """Read the loaders once."""
    setup = case.setup
    if setup is None:
        raise CannotJudgeError("needs the model and its data")
    reads_once = is_one_shot(setup.train)
    with preserving(setup.train, setup.valid):
        first, is_cut = _read(setup.train, MOST + 1, SHARE * case.left_s())
        if not first:
            raise CannotJudgeError("the training loader gave no batch")
        second = () if reads_once else _read(setup.train, SECOND, SHARE * case.left_s())[0]
        valid = () if setup.valid is None else _read(setup.valid, FRESH, SHARE * case.left_s())[0]
    return Batches(
        first=first[:MOST],
        second=second,
        valid=valid,
        is_whole=len(first) <= MOST and not is_cut,
        reads_once=reads_once or not second,
    )


def _read(loader: Any, most: int, seconds: float) -> tuple[tuple[Any, ...], bool]:
    """The first batches, as many as the time allows and two at least; and whether it did not allow all."""
    kept: list[Any] = []
    until = time.monotonic() + seconds
    for batch in itertools.islice(loader, most):
        kept.append(batch)
        if time.monotonic() >= until and len(kept) >= FEWEST:
            return tuple(kept), len(kept) < most
    return tuple(kept), False


def is_one_shot(loader: Any) -> bool:
    """Whether ``loader`` is an iterator (a generator, ``itertools.cycle``) and not something that can be read anew.

    >>> is_one_shot([1, 2]), is_one_shot(x for x in [1, 2])
    (False, True)
    """
    return hasattr(loader, "__next__") and hasattr(loader, "__iter__")
