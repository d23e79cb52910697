"""How far a training has come: seconds first, epochs second, whichever ends first.

With epochs alone, progress is a function of the step and nothing that a training learns depends on time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from whet.recipe import Length

__all__ = ["TrainingClock"]


class TrainingClock:
    """Counts from its own creation, plus what an interrupted training had spent before.

    >>> clock = TrainingClock(Length(seconds=10.0, epochs=None), now=lambda: 0.0)
    >>> clock.begin_steps(steps_per_epoch=5)
    >>> clock.progress(0), clock.is_over(0)
    (0.0, False)
    """

    def __init__(self, length: Length, *, now: Callable[[], float] = time.perf_counter) -> None:
        self.now = now
        self.length = length
        self.spent_before = 0.0  # seconds of the training that is being continued
        self.first_s = 0.0  # when the steps began: encoding and calibration come before
        self.reserve_s = 0.0  # kept free for what follows the last step: scoring the validation examples
        self.num_steps: int | None = None  # what the epochs amount to
        self._start = now()
        self._resumed_at = (0, 0.0)

    def elapsed(self) -> float:
        """Seconds of this training so far, earlier sessions included."""
        return self.spent_before + self.now() - self._start

    def begin_steps(self, *, steps_per_epoch: int) -> None:
        """The steps begin now: the schedule is stretched over what is left of the seconds."""
        if self.length.epochs is not None:
            self.num_steps = max(1, math.ceil(self.length.epochs * steps_per_epoch))
        self.first_s = self.elapsed()
        self._resumed_at = (0, self.first_s)

    def resume(self, *, step: int, first_s: float, spent_s: float) -> None:
        """Continue a training that had come to ``step`` in ``spent_s`` seconds."""
        self.spent_before, self.first_s = spent_s, first_s
        self._resumed_at = (step, self.elapsed())

    def warmed_up(self, step: int) -> None:
        """The first step of this session is taken; it loads kernels and says nothing about those to come."""
        self._resumed_at = (step, self.elapsed())

    def progress(self, step: float) -> float:
        """Share of the training that is done after ``step`` steps, in [0, 1]: of the time or of the epochs."""
        by_epochs = step / self.num_steps if self.num_steps else 0.0
        if self.length.seconds is None:
            return min(1.0, by_epochs)
        room = self.length.seconds - self.reserve_s - self.first_s
        by_time = (self.elapsed() - self.first_s) / room if room > 0 else 1.0
        return min(1.0, max(by_epochs, by_time))

    def is_over(self, step: int) -> bool:
        """True when no further step fits; the first always does, or there would be no model."""
        if self.num_steps is not None and step >= self.num_steps:
            return True
        if self.length.seconds is None or step == 0:
            return False
        return self.elapsed() + self.step_s(step) + self.reserve_s > self.length.seconds

    def is_late(self) -> bool:
        """The seconds are already spent."""
        return self.length.seconds is not None and self.elapsed() >= self.length.seconds

    def step_s(self, step: int) -> float:
        """Mean seconds per step of this session, evaluations included; 0 until a step was taken after the first."""
        since, then = self._resumed_at
        return (self.elapsed() - then) / (step - since) if step > since else 0.0
