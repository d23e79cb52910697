"""Time for trainings that share their steps: a second of one of them alone, whatever all of them take together.

So a training of so many seconds makes about as many steps together as alone, and k of them never take longer than k
times their seconds.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["SharedTime"]


class SharedTime:
    """Reads ``now`` at ``pace``: seconds of one training per second of the group, in [1 / k, 1].

    >>> times = iter([0.0, 3.0, 3.0, 5.0])
    >>> shared = SharedTime(3, now=lambda: next(times))
    >>> shared(), shared.change(0.5), shared()
    (1.0, None, 2.0)
    """

    def __init__(self, num_trainings: int, *, now: Callable[[], float]) -> None:
        self.now, self.least = now, 1 / num_trainings
        self.pace = self.least  # encoding and scoring are done for one after the other
        self._then, self._read = now(), 0.0

    def __call__(self) -> float:
        """Seconds of one training since the first reading."""
        now = self.now()
        self._read += (now - self._then) * self.pace
        self._then = now
        return self._read

    def change(self, pace: float) -> None:
        """From here on at this pace."""
        self()
        self.pace = min(1.0, max(self.least, pace))
