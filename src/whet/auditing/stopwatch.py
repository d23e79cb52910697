"""How much time an audit has left, and what took how long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

__all__ = ["Stopwatch"]


@dataclass(kw_only=True)
class Stopwatch:
    """Counts from its making.

    >>> Stopwatch(budget_s=10.0, now=lambda: 3.0).left()
    10.0
    """

    budget_s: float | None = None  # None: no limit
    now: Callable[[], float] = time.monotonic
    timings: dict[str, float] = field(default_factory=dict)  # step -> seconds
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.now()

    def elapsed(self) -> float:
        """Seconds since the start."""
        return self.now() - self.started

    def left(self) -> float:
        """Seconds left of the budget; infinite without one."""
        return float("inf") if self.budget_s is None else max(0.0, self.budget_s - self.elapsed())

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens inside under ``name``."""
        start = self.now()
        try:
            yield
        finally:
            self.timings[name] = self.timings.get(name, 0.0) + self.now() - start
