"""One round of jobs: which wait, which have ended, and which need not begin because their group has failed."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from whet.engine.job import Job, OnDone, Result
from whet.errors import TrainingFailedError

__all__ = ["Turn"]


class Turn:
    """The jobs of one call of ``Engine.run``."""

    def __init__(self, jobs: Sequence[Job], on_done: OnDone | None = None) -> None:
        self.jobs, self.on_done = jobs, on_done
        self.results: dict[int, Result] = {}  # by place
        self._waiting = deque(range(len(jobs)))
        self._failed: dict[str, TrainingFailedError] = {}  # by group

    def put(self, place: int, result: Result) -> None:
        """A job has ended."""
        self.results[place] = result
        if isinstance(result, TrainingFailedError) and self.jobs[place].group:
            self._failed[self.jobs[place].group] = result
        if self.on_done is not None:
            self.on_done(place, result)

    def next(self) -> int | None:
        """The place of the next job to begin; None when none is left. Jobs of a failed group end here."""
        while self._waiting:
            place = self._waiting.popleft()
            failed = self._failed.get(self.jobs[place].group)
            if failed is None:
                return place
            self.put(place, failed)
        return None
