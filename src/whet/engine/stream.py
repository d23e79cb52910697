"""Jobs that become known as others end, such as the trials of a search: a free worker is given the next one at once."""

from __future__ import annotations

from typing import Protocol

from whet.engine.job import Job, Outcome
from whet.training.fitted import CurvePoint

__all__ = ["Source", "Stream"]


class Source(Protocol):
    """Where the jobs come from, and who is told what became of them. Names of jobs that run at once differ."""

    @property
    def is_over(self) -> bool:
        """Whether every job has ended and no other will follow."""
        ...

    def next(self) -> Job | None:
        """The next job to begin; None: none before another has ended."""
        ...

    def put(self, job: Job, outcome: Outcome) -> None:
        """It has ended: trained, failed or given up."""
        ...

    def point(self, job: Job, point: CurvePoint, fraction: float) -> bool:
        """A point of its learning curve, at ``fraction`` of the training; True: give it up.

        The job goes on meanwhile, so that it may reach its end before it hears of that.
        """
        ...


class Stream:
    """A source as a ``Round``."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.jobs: list[Job] = []
        self._is_dry = False  # nothing new before a job has ended: the source is not asked again and again

    @property
    def is_over(self) -> bool:
        """See ``Round``."""
        return self.source.is_over

    def next(self) -> int | None:
        """See ``Round``."""
        job = None if self._is_dry else self.source.next()
        self._is_dry = job is None
        if job is None:
            return None
        self.jobs.append(job)
        return len(self.jobs) - 1

    def put(self, place: int, outcome: Outcome) -> None:
        """See ``Round``."""
        self._is_dry = False
        self.source.put(self.jobs[place], outcome)

    def point(self, place: int, point: CurvePoint, fraction: float) -> bool:
        """See ``Round``."""
        return self.source.point(self.jobs[place], point, fraction)
