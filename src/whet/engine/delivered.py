"""An engine that hands out what was trained elsewhere, and says which job it still waits for.

Whoever runs jobs in one call, such as a trial of several parts, can so be called again whenever another part is there,
and nothing waits in between.
"""

from __future__ import annotations

from collections.abc import Sequence

from whet.engine.job import Job, OnDone, Result
from whet.errors import TrainingFailedError

__all__ = ["Awaited", "Delivered"]


class Awaited(Exception):
    """``job`` has to be trained first."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.name)
        self.job = job


class Delivered:
    """See ``Engine``; ``results`` by the job's name, filled by its owner."""

    num_workers = 1

    def __init__(self) -> None:
        self.results: dict[str, Result] = {}

    def run(self, jobs: Sequence[Job], *, on_done: OnDone | None = None) -> list[Result]:
        """See ``Engine``; the jobs are one group, of which a failure is the end.

        Raises:
            Awaited: the first job that has not been delivered.
        """
        outcomes: list[Result] = []
        for place, job in enumerate(jobs):
            if job.name not in self.results:
                raise Awaited(job)
            outcomes.append(self.results[job.name])
            if on_done is not None:
                on_done(place, outcomes[-1])
            if isinstance(outcomes[-1], TrainingFailedError):
                return outcomes + [outcomes[-1]] * (len(jobs) - len(outcomes))
        return outcomes

    def close(self) -> None:
        """Nothing to let go of."""
