"""Keep the copy of a ledger in a shared database up to date while the run goes on.

A thread of its own sends the rows, so that a slow or broken network costs the run nothing; what could not be sent is
sent later, at the latest at the end or when the run is resumed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from whet.ledger.copying import LedgerCopy

__all__ = ["Follower"]

RETRY_S = 10.0  # between attempts while the database does not answer
CLOSE_S = 3.0  # for the last attempt, when the run is over


class Follower:
    """Sends what ``copy`` lacks after every ``wake``, from a thread of its own.

    Args:
        say: told, in the thread of the caller, when the database stops answering and when it answers again.
    """

    def __init__(self, copy: LedgerCopy, *, say: Callable[[str], None]) -> None:
        self.copy, self._say = copy, say
        self._woken, self._closing = threading.Event(), threading.Event()
        self._news: list[str] = []
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._follow, name="ledger copy", daemon=True)
        self._thread.start()
        self.wake()

    def wake(self) -> None:
        """There may be something to send. Returns at once."""
        self._woken.set()
        while self._news:
            self._say(self._news.pop(0))

    def close(self, *, again: str) -> None:
        """Send the rest, within ``CLOSE_S`` seconds. ``again``: what to do where that fails, in words."""
        self._closing.set()
        self.wake()
        self._thread.join(CLOSE_S)
        self.wake()
        if (self._thread.is_alive() or self._fault is not None) and (missing := self.copy.num_missing()):
            self._say(f"{missing} rows of the ledger are not in the shared database yet; they are in RUN. {again}")

    def _follow(self) -> None:
        while True:
            self._woken.wait()
            self._woken.clear()
            is_last = self._closing.is_set()  # read before sending: what is written after it wakes us once more
            self._try()
            if is_last:
                return
            if self._fault is not None:
                self._closing.wait(RETRY_S)
                self._woken.set()

    def _try(self) -> None:
        try:
            num_sent = self.copy.send()
        except Exception as fault:  # whatever it is: the file has the rows, and the run must not suffer for a copy
            if self._fault is None:
                self._news.append(f"the ledger is not shared for now, and the run goes on: {fault}")
            self._fault = fault
            return
        if self._fault is not None:
            self._news.append(f"the shared database answers again: {num_sent} rows of the ledger were sent")
        self._fault = None
