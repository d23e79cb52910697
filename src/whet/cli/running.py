"""Around a long command: the live panel, and signals that stop it cleanly."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from whet.cli.panel import LinePanel, LivePanel
from whet.improving.observer import Observer
from whet.training.interrupted import Interrupted

__all__ = ["watched"]

GRACE_S = 1  # time for a training to notice the flag and save, before it is interrupted where it stands


@contextmanager
def watched(out: Path | None) -> Iterator[tuple[Observer, Callable[[], bool]]]:
    """An observer for this terminal, and a flag that SIGINT and SIGTERM raise.

    The first signal raises the flag, which trainings poll at each step; what does not poll is interrupted
    ``GRACE_S`` later. Every file of a run is written whole or not at all, so either leaves a usable run.
    """
    stopping = False

    def request(signum: int, frame: FrameType | None) -> None:
        nonlocal stopping
        if stopping:
            raise Interrupted("stopped at once")
        stopping = True
        signal.alarm(GRACE_S)

    def insist(signum: int, frame: FrameType | None) -> None:
        raise Interrupted(
            f"stopped; the best model so far is kept. Continue with: whet improve --resume {out or 'RUN'}"
        )

    handlers = {signal.SIGINT: request, signal.SIGTERM: request, signal.SIGALRM: insist}
    former = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    observer: Observer = LivePanel() if sys.stderr.isatty() else LinePanel()
    try:
        yield observer, lambda: stopping
    finally:
        signal.alarm(0)
        for number, handler in former.items():
            signal.signal(number, handler)
        observer.end()
