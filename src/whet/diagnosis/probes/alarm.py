"""What ends an experiment whose time is over: it is asked before every forward pass of a copy."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from whet.diagnosis.case import Case
from whet.errors import CannotJudgeError

__all__ = ["USED_UP", "Alarm", "limited"]

USED_UP = "the time was used up; give a larger budget"


class Alarm:
    """Shared by all copies of a setup, which call it before each of their forward passes.

    >>> Alarm(until=0.0)()
    Traceback (most recent call last):
    whet.errors.CannotJudgeError: the time was used up; give a larger budget
    """

    def __init__(self, *, until: float = math.inf) -> None:
        self.until = until  # moment of ``time.monotonic``

    def __call__(self) -> None:
        """Raise where the time is over."""
        if time.monotonic() > self.until:
            raise CannotJudgeError(USED_UP)


@contextmanager
def limited(case: Case, share: float) -> Iterator[None]:
    """Let copies run for that share of the time left; without an alarm in the setup nothing is limited."""
    alarm = getattr(getattr(case, "setup", None), "guard", None)
    if not isinstance(alarm, Alarm) or math.isinf(case.left_s()):
        yield
        return
    before, alarm.until = alarm.until, time.monotonic() + share * max(0.0, case.left_s())
    try:
        yield
    finally:
        alarm.until = before
