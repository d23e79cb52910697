"""Which steps to look at closely: the first, those after something broke, and as many as a share of time allows."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

__all__ = ["OwnWork", "Pacing"]

FIRST = 10
AFTER_A_BREAK = 3  # steps looked at once a loss was NaN or infinite
MOST_AFTER_BREAKS = 30  # in all: a training that is broken for good is not slowed down for good
UNSEEN = 1.5  # what the watching takes for every second that it measures: taps, and caches that it leaves cold
GROWTH = 1.5  # however small the share, look again when this many times as many steps have gone by


class OwnWork:
    """Measures what the watching itself costs; an error of its own ends the watching, never the training.

    The block must not be entered again inside itself.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.trouble = ""  # what went wrong in the watching, empty where nothing did
        self._begin: float | None = None  # of the block that is open

    def clock(self) -> float:
        """Seconds on a clock that stands still while the watching works, so that only the training's time passes."""
        now = time.perf_counter()
        return (now if self._begin is None else self._begin) - self.seconds

    def __enter__(self) -> Self:
        self._begin = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.seconds = time.perf_counter() - self.clock()  # while a block is open its clock stands
        self._begin = None
        if error is None or not isinstance(error, Exception):
            return False
        self.trouble = self.trouble or f"{type(error).__name__}: {error}"
        return True


class Pacing:
    """Decides before every step.

    Args:
        share: of wall time that watching may take in the long run, in [0, 1).
        whole: look at every step, whatever it costs.
    """

    def __init__(self, *, share: float, whole: bool) -> None:
        self.share, self.whole = share, whole
        self._last = 0
        self._owed = 0  # steps still to look at because of a break
        self._left_for_breaks = MOST_AFTER_BREAKS

    def something_broke(self) -> None:
        """Look at the steps that follow."""
        if not self._owed and self._left_for_breaks:
            self._owed = AFTER_A_BREAK
            self._left_for_breaks -= AFTER_A_BREAK

    def looks(self, index: int, *, spent_s: float, elapsed_s: float) -> bool:
        """Whether step ``index`` is looked at.

        >>> pacing = Pacing(share=0.03, whole=False)
        >>> [i for i in range(100) if pacing.looks(i, spent_s=1.0, elapsed_s=10.0)]
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 21, 32, 48, 72]
        """
        allowed = UNSEEN * spent_s <= self.share * elapsed_s or index >= GROWTH * self._last
        if not (self.whole or index < FIRST or self._owed or allowed):
            return False
        self._owed = max(0, self._owed - 1)
        self._last = index
        return True

    def measures_gradient(self, *, spent_s: float, elapsed_s: float) -> bool:
        """Whether a step that is not looked at gets the norm of its gradient, for half of the share at most."""
        return self.whole or UNSEEN * spent_s <= 0.5 * self.share * elapsed_s
