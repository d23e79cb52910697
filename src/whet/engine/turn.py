"""One round of jobs: which wait, which have ended, and which need not begin because their group has failed.

The jobs are known beforehand; for those that become known as others end see ``stream``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from whet.engine.job import Job, OnDone, Outcome, Result
from whet.errors import TrainingFailedError
from whet.training.fitted import CurvePoint
from whet.training.pruned import Pruned

__all__ = ["Round", "Turn"]


class Round(Protocol):
    """What worker processes work through. A place is a job's index in ``jobs``, which may grow."""

    @property
    def jobs(self) -> Sequence[Job]:
        """Those that are known."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether every job has ended and no other will follow."""
        ...

    def next(self) -> int | None:
        """The place of the next job to begin; None when there is none now."""
        ...

    def put(self, place: int, outcome: Outcome) -> None:
        """A job has ended."""
        ...

    def point(self, place: int, point: CurvePoint, fraction: float) -> bool:
        """A running job has come so far; True: it is to be given up."""
        ...


class Turn:
    """The jobs of one call of ``Engine.run``."""

    def __init__(self, jobs: Sequence[Job], on_done: OnDone | None = None) -> None:
        self.jobs, self.on_done = jobs, on_done
        self.results: dict[int, Result] = {}  # by place
        self._waiting = deque(range(len(jobs)))
        self._failed: dict[str, TrainingFailedError] = {}  # by group

    @property
    def is_over(self) -> bool:
        """See ``Round``."""
        return len(self.results) == len(self.jobs)

    def put(self, place: int, outcome: Outcome) -> None:
        """See ``Round``."""
        assert not isinstance(outcome, Pruned)  # nobody follows these
        self.results[place] = outcome
        if isinstance(outcome, TrainingFailedError) and self.jobs[place].group:
            self._failed[self.jobs[place].group] = outcome
        if self.on_done is not None:
            self.on_done(place, outcome)

    def point(self, place: int, point: CurvePoint, fraction: float) -> bool:
        """See ``Round``; the curves of these jobs are looked at when they have ended."""
        return False

    def next(self) -> int | None:
        """The place of the next job to begin; None when none is left. Jobs of a failed group end here."""
        while self._waiting:
            place = self._waiting.popleft()
            failed = self._failed.get(self.jobs[place].group)
            if failed is None:
                return place
            self.put(place, failed)
        return None
