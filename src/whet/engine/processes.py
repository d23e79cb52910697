"""Worker processes that live as long as the run and train side by side, one thread each.

Helps: small networks and libraries that hardly use a second core, and several seeds, folds or screenings at once.
Hurts: every worker holds PyTorch in memory (about 0.3 GB), and takes some seconds to start.
"""

from __future__ import annotations

import select
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from whet.engine.bench import Bench
from whet.engine.handle import Handle
from whet.engine.job import Job, OnDone, Result
from whet.engine.messages import bench_to
from whet.engine.parcel import read_parcel
from whet.engine.plugins import foreign_modules
from whet.engine.shelf import Shelf
from whet.engine.stream import Source, Stream
from whet.engine.turn import Round, Turn
from whet.errors import RunError, TrainingFailedError
from whet.training.fitted import CurvePoint, Progress
from whet.training.interrupted import Interrupted
from whet.training.pruned import Pruned

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
        turn = Turn(jobs, on_done)
        self._work(turn, alone=len(jobs) == 1)
        return [turn.results[place] for place in range(len(jobs))]

    def follow(self, source: Source) -> None:
        """Train what ``source`` gives, one thread each, until it is over; learning curves are reported as they grow.

        Raises:
            Interrupted: the run was asked to stop; running jobs have written their checkpoints.
        """
        self._work(Stream(source), alone=False)

    def wait(self, within_s: float) -> None:
        """Until every worker could begin, so that one that is still starting does not disturb what is timed next.

        ``within_s``: at most so long.
        """
        nothing, until = Turn([]), time.monotonic() + within_s
        while not all(handle.is_ready for handle in self._handles) and time.monotonic() < until:
            self._stop_if_asked()
            self._listen(nothing, POLL_S)

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

    def _work(self, turn: Round, *, alone: bool) -> None:
        try:
            while not turn.is_over:
                self._stop_if_asked()
                self._assign(turn, alone=alone)
                self._listen(turn, POLL_S)
        except Interrupted:
            self._stop()
            raise
        except BaseException:
            self._abandon()
            raise

    def _stop_if_asked(self) -> None:
        assert self._bench is not None
        should_stop = self._bench.setting.should_stop
        if should_stop is not None and should_stop():
            raise Interrupted

    def _assign(self, turn: Round, *, alone: bool) -> None:
        for handle in self._handles:
            if handle.is_ready and handle.job is None:
                place = turn.next()
                if place is None:
                    return
                self._num_orders += 1
                handle.job, handle.order = place, self._num_orders
                order = {**self._order(turn.jobs[place], alone=alone), "follow": isinstance(turn, Stream)}
                handle.say(order)  # where it cannot be said, the pipe's end tells

    def _order(self, job: Job, *, alone: bool) -> dict[str, Any]:
        assert self._bench is not None
        return {
            "do": "train",
            "job": self._num_orders,
            "recipe": job.recipe.to_dict(),
            "data": str(self.shelf.put(job.data).absolute()),
            "train": str(self.shelf.put_rows(job.train).absolute()),
            "valid": None if job.valid is None else str(self.shelf.put_rows(job.valid).absolute()),
            "name": job.name,
            "parcel": str(self._parcel(job).absolute()),
            "num_threads": job.num_threads or self._bench.setting.num_threads or (None if alone else 1),
        }

    def _listen(self, turn: Round, timeout_s: float) -> None:
        readable, _, _ = select.select(self._handles, [], [], timeout_s)
        for handle in readable:
            answers = handle.hear()
            if answers is None:
                self._bury(handle, turn)
            for answer in answers or ():
                self._take(handle, answer, turn)

    def _take(self, handle: Handle, answer: dict[str, Any], turn: Round) -> None:
        what = answer["is"]
        if what == "ready":
            handle.is_ready = True
        elif answer["job"] != handle.order:
            return
        elif what == "progress":
            self._show(handle, Progress(**answer["progress"]))
        elif what == "point":
            self._hand_on(handle, answer, turn)
        else:
            place, handle.job = handle.job, None
            if place is None or place == ABANDONED:
                return
            if what == "done":
                turn.put(place, self._received(turn.jobs[place]))
            elif what == "failed":
                turn.put(place, TrainingFailedError(answer["message"], cause=answer["cause"]))
            elif what == "given_up":
                turn.put(place, Pruned())

    def _hand_on(self, handle: Handle, answer: dict[str, Any], turn: Round) -> None:
        """A point of a learning curve, to whoever follows it; the answer reaches the worker while it trains on."""
        if handle.job in (None, ABANDONED):
            return
        assert handle.job is not None
        if turn.point(handle.job, CurvePoint(**answer["point"]), answer["fraction"]):
            handle.say({"do": "give_up", "job": handle.order})

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

    def _bury(self, handle: Handle, turn: Round) -> None:
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
                if answers is None or any(a["is"] not in ("ready", "progress", "point") for a in answers):
                    handle.job = None
