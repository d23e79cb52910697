"""Worker processes that live as long as the run and train side by side, one thread each.

Helps: small networks and libraries that hardly use a second core, and several seeds, folds or screenings at once.
Hurts: every worker holds PyTorch in memory (about 0.3 GB), and takes some seconds to start.
"""

from __future__ import annotations

import select
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from whet.engine.bench import Bench
from whet.engine.handle import Handle
from whet.engine.job import Job, OnDone, Result
from whet.engine.messages import bench_to
from whet.engine.parcel import read_parcel
from whet.engine.plugins import foreign_modules
from whet.engine.shelf import Shelf
from whet.engine.turn import Turn
from whet.errors import RunError, TrainingFailedError
from whet.training.fitted import Progress
from whet.training.interrupted import Interrupted

__all__ = ["Processes"]

POLL_S = 0.1
ABANDONED = -1  # in the place of a job
GRACE_S = 5.0  # for stopped trainings to write their checkpoints


class Processes:
    """See ``Engine``. Workers start at once and are told by ``open`` what to expect; ``close`` removes ``folder``."""

    def __init__(self, num_workers: int, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)  # what a killed run left
        self.num_workers, self.folder = num_workers, folder
        self.shelf = Shelf(folder / "shelf")
        self._handles = [Handle(number, folder) for number in range(num_workers)]
        self._bench: Bench | None = None
        self._num_orders = 0

    def open(self, bench: Bench) -> Self:
        """Say what the trainings to come have in common; gives the engine itself."""
        self._bench = bench
        for handle in self._handles:
            self._introduce(handle)
        return self

    def run(self, jobs: Sequence[Job], *, on_done: OnDone | None = None) -> list[Result]:
        """See ``Engine``. A job that runs alone may use every core, as it would without workers."""
        assert self._bench is not None
        turn = Turn(jobs, on_done)
        try:
            while len(turn.results) < len(jobs):
                self._stop_if_asked(self._bench.setting.should_stop)
                self._assign(turn)
                self._listen(turn, POLL_S)
        except Interrupted:
            self._stop()
            raise
        except BaseException:
            self._abandon()
            raise
        return [turn.results[place] for place in range(len(jobs))]

    def close(self) -> None:
        """End the workers and remove what they left."""
        for handle in self._handles:
            handle.end()
        self._handles = []
        shutil.rmtree(self.folder, ignore_errors=True)

    def _introduce(self, handle: Handle) -> None:
        assert self._bench is not None
        opening = bench_to(self._bench, scratch=handle.scratch)
        handle.say({"do": "open", "plugins": foreign_modules(), **opening})

    def _stop_if_asked(self, should_stop: Callable[[], bool] | None) -> None:
        if should_stop is not None and should_stop():
            raise Interrupted

    def _assign(self, turn: Turn) -> None:
        for handle in self._handles:
            if handle.is_ready and handle.job is None:
                place = turn.next()
                if place is None:
                    return
                self._num_orders += 1
                handle.job, handle.order = place, self._num_orders
                handle.say(self._order(place, turn.jobs))  # where it cannot be said, the pipe's end will tell

    def _order(self, place: int, jobs: Sequence[Job]) -> dict[str, Any]:
        job = jobs[place]
        return {
            "do": "train",
            "job": self._num_orders,
            "recipe": job.recipe.to_dict(),
            "data": str(self.shelf.put(job.data).absolute()),
            "train": str(self.shelf.put_rows(job.train).absolute()),
            "valid": None if job.valid is None else str(self.shelf.put_rows(job.valid).absolute()),
            "name": job.name,
            "parcel": str(self._parcel(job).absolute()),
            "num_threads": job.num_threads or (1 if len(jobs) > 1 else None),
        }

    def _listen(self, turn: Turn, timeout_s: float) -> None:
        readable, _, _ = select.select(self._handles, [], [], timeout_s)
        for handle in readable:
            answers = handle.hear()
            if answers is None:
                self._bury(handle, turn)
            for answer in answers or ():
                self._take(handle, answer, turn)

    def _take(self, handle: Handle, answer: dict[str, Any], turn: Turn) -> None:
        what = answer["is"]
        if what == "ready":
            handle.is_ready = True
        elif answer["job"] != handle.order:
            return
        elif what == "progress":
            self._show(handle, Progress(**answer["progress"]))
        else:
            place, handle.job = handle.job, None
            if place is None or place == ABANDONED:
                return
            if what == "done":
                turn.put(place, self._received(turn.jobs[place]))
            elif what == "failed":
                turn.put(place, TrainingFailedError(answer["message"], cause=answer["cause"]))

    def _received(self, job: Job) -> Result:
        assert self._bench is not None
        folder = self._parcel(job)
        training = read_parcel(folder, job.recipe, self._bench.target, device=self._bench.setting.device)
        shutil.rmtree(folder, ignore_errors=True)
        return training

    def _parcel(self, job: Job) -> Path:
        return self.folder / "parcels" / job.name

    def _show(self, handle: Handle, progress: Progress) -> None:
        """Of several trainings the one that began first is shown."""
        assert self._bench is not None
        running = [h.job for h in self._handles if h.job not in (None, ABANDONED)]
        if self._bench.setting.on_progress is not None and handle.job == min(running, default=None):
            self._bench.setting.on_progress(progress)

    def _bury(self, handle: Handle, turn: Turn) -> None:
        """A worker has died: its job has failed, and another takes its place."""
        handle.end()
        if not handle.is_ready:
            raise RunError(f"worker processes cannot be started: {handle.death()}. Use --workers 1.")
        cause = handle.death()  # before the next one takes over the log
        fresh = Handle(handle.number, self.folder)
        self._handles[self._handles.index(handle)] = fresh
        self._introduce(fresh)
        if handle.job not in (None, ABANDONED):
            assert handle.job is not None
            name = turn.jobs[handle.job].recipe.architecture
            turn.put(handle.job, TrainingFailedError(f"training {name!r} failed: {cause}.", cause=cause))

    def _abandon(self) -> None:
        """Nobody waits for the running trainings any more; their workers take other jobs once they have stopped."""
        for handle in self._handles:
            if handle.job is not None:
                handle.say({"do": "stop"})
                handle.job = ABANDONED

    def _stop(self) -> None:
        """Let running trainings write their checkpoints; those that take too long are left to ``close``."""
        for handle in self._handles:
            if handle.job is not None:
                handle.say({"do": "stop"})
        until = time.monotonic() + GRACE_S
        while any(h.job is not None for h in self._handles) and time.monotonic() < until:
            readable, _, _ = select.select([h for h in self._handles if h.job is not None], [], [], POLL_S)
            for handle in readable:
                answers = handle.hear()
                if answers is None or any(a["is"] not in ("ready", "progress") for a in answers):
                    handle.job = None
