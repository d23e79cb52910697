"""The contract of an engine, and the one that trains here, one job after the other.

A cluster would be a third engine: a job needs the decoded data (``shelf``), a recipe and positions, and what comes back
is one folder (``parcel``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from whet.engine.bench import Bench
from whet.engine.job import Job, OnDone, Result
from whet.engine.turn import Turn
from whet.errors import TrainingFailedError

__all__ = ["Engine", "ThisProcess"]


class Engine(Protocol):
    """Runs jobs; what they learn does not depend on which engine runs them."""

    @property
    def num_workers(self) -> int:
        """How many jobs run side by side."""
        ...

    def run(self, jobs: Sequence[Job], *, on_done: OnDone | None = None) -> list[Result]:
        """The outcome of each job, in the order given; a job that failed is its error, and the others go on.

        ``on_done(place, result)`` is called as each ends, in whatever order that is.

        Raises:
            Interrupted: the run was asked to stop; running jobs have written their checkpoints.
        """
        ...

    def close(self) -> None:
        """Let go of whatever the engine holds; safe to call twice."""
        ...


class ThisProcess:
    """Trains here, one job after the other."""

    num_workers = 1

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def run(self, jobs: Sequence[Job], *, on_done: OnDone | None = None) -> list[Result]:
        """See ``Engine``."""
        turn = Turn(jobs, on_done)
        while (place := turn.next()) is not None:
            turn.put(place, self._one(jobs[place]))
        return [turn.results[place] for place in range(len(jobs))]

    def close(self) -> None:
        """Nothing to let go of."""

    def _bench_of(self, job: Job) -> Bench:
        if job.num_threads is None:
            return self.bench
        return replace(self.bench, setting=replace(self.bench.setting, num_threads=job.num_threads))

    def _one(self, job: Job) -> Result:
        valid = None if job.valid is None else job.data.take(job.valid)
        try:
            return self._bench_of(job).train(job.recipe, job.data.take(job.train), valid, name=job.name)
        except TrainingFailedError as fault:
            return fault
