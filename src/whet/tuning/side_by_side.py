"""Trials of a search side by side, one per worker: whoever is free gets the next configuration at once.

The parts of one trial are trained one after the other, so that a trial which is given up in its first part has cost no
more. The study hears of learning curves as they grow, and of outcomes in the order in which trials end.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from whet.engine.delivered import Awaited, Delivered
from whet.engine.job import Job, Outcome
from whet.errors import ConfigError
from whet.improving.trials import Trial
from whet.search.study import Running
from whet.training.fitted import CurvePoint
from whet.training.pruned import Pruned
from whet.tuning.asking import Asking, in_words, look_of
from whet.tuning.noting import FAULTS, following, note_complete, note_failure, tidy
from whet.tuning.session import TuningSession

__all__ = ["SideBySide"]


@dataclass(kw_only=True)
class UnderWay:
    """A trial of which a part is being trained."""

    running: Running
    begin: float  # reading of ``time.monotonic``
    parts: Delivered  # that have been trained
    run: Callable[[], Trial]  # raises ``Awaited`` while a part is missing
    follow: Callable[[CurvePoint, float], bool]
    job: Job | None = None  # the part in question


class SideBySide:
    """The search as a source of jobs; see ``engine.stream``."""

    def __init__(self, session: TuningSession, asking: Asking) -> None:
        self.session, self.asking = session, asking
        self._trials: list[UnderWay] = []
        self._waiting: deque[Job] = deque()

    @property
    def is_over(self) -> bool:
        """See ``Source``."""
        return bool(self.asking.why) and not self._trials

    def next(self) -> Job | None:
        """See ``Source``; a trial that is under way goes on before another begins."""
        while not self._waiting and len(self._trials) < self.session.num_workers:
            running = self.asking.next([trial.running for trial in self._trials])
            if running is None:
                return None
            self._begin(running)
        return self._waiting.popleft() if self._waiting else None

    def put(self, job: Job, outcome: Outcome) -> None:
        """See ``Source``."""
        trial = self._of(job)
        if isinstance(outcome, Pruned):
            trial.running.prune(seconds=time.monotonic() - trial.begin)
            self._end(trial, is_fine=True)
            return
        trial.parts.results[job.name] = outcome
        self._go_on(trial)

    def point(self, job: Job, point: CurvePoint, fraction: float) -> bool:
        """See ``Source``."""
        return self._of(job).follow(point, fraction)

    def _begin(self, running: Running) -> None:
        session, look, title = self.session, look_of(self.session, running.proposal), f"trial {running.number + 1}"
        if isinstance(look, ConfigError):
            running.fail(str(look), seconds=0.0)
            self.asking.ended(is_fine=False)
            return
        session.observer.doing(f"{title}: {in_words(running.proposal, session.looks.kind.share_of)}")
        begin, parts = time.monotonic(), Delivered()
        try:
            arena, trials = session.looks.arena(session.arena, look), session.trials(engine=parts, look=look)
        except FAULTS as fault:
            note_failure(session, running, fault, begin=begin)
            self.asking.ended(is_fine=False)
            return
        trial = UnderWay(
            running=running,
            begin=begin,
            parts=parts,
            run=lambda: trials.run(arena, look.recipe, title=title),
            follow=following(running),
        )
        self._trials.append(trial)
        self._go_on(trial)

    def _go_on(self, trial: UnderWay) -> None:
        """To its next part, or to its end."""
        try:
            result = trial.run()
        except Awaited as awaited:
            trial.job = awaited.job
            self._waiting.append(awaited.job)
        except FAULTS as fault:
            note_failure(self.session, trial.running, fault, begin=trial.begin)
            self._end(trial, is_fine=False)
        else:
            note_complete(self.session, trial.running, result, begin=trial.begin)
            self._end(trial, is_fine=True)

    def _end(self, trial: UnderWay, *, is_fine: bool) -> None:
        self._trials.remove(trial)
        self.asking.ended(is_fine=is_fine)
        if not self.asking.left:  # what these left behind will be gone on with
            tidy(self.session, in_training={each.job.name for each in self._trials if each.job is not None})

    def _of(self, job: Job) -> UnderWay:
        return next(trial for trial in self._trials if trial.job is not None and trial.job.name == job.name)
