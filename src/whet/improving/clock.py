"""The run's own time: what was spent, also before a kill, and what is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Clock"]


class Clock:
    """Counts wall-clock seconds of a run over all its sessions.

    >>> clock = Clock(10.0, spent_before=4.0, now=lambda: 0.0)
    >>> clock.elapsed(), clock.left()
    (4.0, 6.0)
    """

    def __init__(
        self, budget_s: float | None, *, spent_before: float = 0.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.budget_s = budget_s
        self.spent_before = spent_before
        self._now = now
        self._start = now()
        self.written_s = spent_before  # elapsed seconds when they were last written down
        self.timings: list[tuple[str, float]] = []  # (step, seconds), in order

    def elapsed(self) -> float:
        """Seconds spent so far, earlier sessions included."""
        return self.spent_before + self._now() - self._start

    def left(self) -> float:
        """Seconds until the budget is spent; infinite without a budget."""
        return float("inf") if self.budget_s is None else self.budget_s - self.elapsed()

    def noting(
        self, write: Callable[[float], None], should_stop: Callable[[], bool], *, every_s: float = 5.0
    ) -> Callable[[], bool]:
        """``should_stop``, which now and then also gives ``write`` the seconds spent, so that a killed run knows."""

        def stop() -> bool:
            if self.elapsed() - self.written_s >= every_s:
                self.written_s = self.elapsed()
                write(self.written_s)
            return should_stop()

        return stop

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Note how long a step of the run took, also when it fails."""
        begin = self._now()
        try:
            yield
        finally:
            self.timings.append((name, self._now() - begin))
