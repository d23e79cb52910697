"""What the steps of one tuning share."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from whet.bundle.model import Member, Model
from whet.bundle.save import save
from whet.engine.engine import Engine
from whet.engine.processes import Processes
from whet.evaluation.blend import Blend
from whet.improving.arena import Arena
from whet.improving.book import Book
from whet.improving.clock import Clock
from whet.improving.equipping import new_trials
from whet.improving.folder import RunFolder
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.prepare import Prepared
from whet.improving.trials import Trial, Trials
from whet.recipe import Recipe
from whet.search.fidelity import Look
from whet.search.fields import changed
from whet.search.method import Method, Setup
from whet.search.study import Study
from whet.training.fitted import CurvePoint, FitSetting
from whet.tuning.looks import Looks
from whet.tuning.options import TuningOptions
from whet.tuning.plan import TuningPlan

__all__ = ["TuningSession", "finish_s"]

PAGE_S = 3.5  # of processor time, most of it plots


def finish_s(clock: Clock) -> float:
    """What the end takes at the pace at which this process has come forward so far, if it has not waited for others."""
    spent = clock.elapsed() - clock.spent_before
    return PAGE_S * max(1.0, spent / max(0.1, time.process_time()))


@dataclass
class TuningSession:
    """The state of a tuning; ``best`` is the best full trial whose model is on disk."""

    options: Options
    tuning: TuningOptions
    folder: RunFolder
    clock: Clock
    book: Book
    observer: Observer
    prepared: Prepared
    arena: Arena
    setting: FitSetting
    base: Recipe  # the recipe to start from, at its full length
    plan: TuningPlan
    method: Method
    setup: Setup
    study: Study
    looks: Looks
    start: Trial | None = None
    best: Trial | None = None
    workers: Processes | None = None  # None: trainings run in this process, one after the other
    overhead_s: float = 0.2  # of a trial, beside its training: writing weights and records

    def better(self, a: float, b: float) -> bool:
        """Is score ``a`` better than ``b`` in the primary metric."""
        return a > b if self.prepared.metric.higher_is_better else a < b

    def recipe_of(self, values: dict[str, Any]) -> Recipe:
        """The recipe with these values, at its full length."""
        return self.plan.recipe(changed(self.base, values))

    def look_of(self, values: dict[str, Any], fidelity: float) -> Look:
        """What is trained to look at these values at a share of the full cost; with 1 the full training.

        Raises:
            ConfigError: these values make no recipe, or none that can be looked at this way.
        """
        recipe, kind = self.recipe_of(values), self.looks.kind
        if fidelity == 1.0:
            return Look(recipe=recipe)
        kind.check(recipe, self.prepared.facts)
        return kind.look(self.plan.limited(recipe, fidelity), fidelity, self.prepared.facts)

    @property
    def num_workers(self) -> int:
        """Trainings side by side."""
        return 1 if self.workers is None else self.workers.num_workers

    def trials(
        self,
        on_point: Callable[[CurvePoint, float], bool] | None = None,
        *,
        engine: Engine | None = None,
        look: Look | None = None,
    ) -> Trials:
        """Trials of this run; ``on_point`` follows the learning curves of those that are trained in this process.

        ``engine``: where they are trained; None: by the workers where there are any, else here.
        A fresh one each time, because it holds the weights of everything it trained. ``look``: whose data it reads.
        """
        setting, chosen = replace(self.setting, on_point=on_point), engine or self.workers
        rest: dict[str, Any] = {} if chosen is None else {"engine": lambda bench: chosen}
        prepared = self.prepared if look is None else self.looks.prepared_for(look)
        return new_trials(prepared, self.options, self.folder, setting, **rest)

    def fits(self, *fidelities: float, keep_s: float) -> bool:
        """Whether trials at these shares of the full length end before ``keep_s`` seconds are left."""
        if self.plan.trial_s is None:
            return True
        cost = sum(1.03 * self.plan.cost_s(f, self.arena.num_parts) + self.overhead_s for f in fidelities)
        return self.clock.left() - keep_s >= cost

    def fits_together(self, num_trials: int, *, keep_s: float) -> bool:
        """Whether so many full trials end before that when all their parts are trained side by side."""
        if self.plan.trial_s is None:
            return True
        cost = 1.03 * self.plan.together(num_trials) * self.plan.trial_s + num_trials * self.overhead_s
        return self.clock.left() - keep_s >= cost

    def finish_s(self) -> float:
        """Kept for the sealed test and the page: more where other work slows this machine down.

        Beside workers this process does little but wait, so that only its beginning tells how fast it comes forward.
        """
        return self.plan.finish_s if self.workers is not None else max(self.plan.finish_s, finish_s(self.clock))

    def keep(self, trial: Trial) -> None:
        """Save the model of a full trial when it is the best so far."""
        if self.best is None or self.better(trial.score, self.best.score):
            self.best = trial
            save(self.model(trial), self.folder.model)
            self.observer.best(trial.title, trial.score, self.prepared.metric.title)

    def model(self, trial: Trial) -> Model:
        """The parts of the trial, each with the same weight."""
        parts = self.trials().fitted(trial)
        members = tuple(Member(title=trial.title, recipe=trial.recipe, fitted=part) for part in parts)
        return Model(
            task=self.prepared.task.name,
            schema=self.prepared.schema,
            target=self.prepared.target,
            members=members,
            blend=Blend(weights=(1.0 / len(parts),) * len(parts), member_temperatures=(1.0,) * len(parts)),
            metric=self.prepared.metric.name,
            about={"origin": self.prepared.data.origin, "num_train": len(self.prepared.data)},
        )

    def stacked(self, trials: Sequence[Trial]) -> np.ndarray:
        """(k, N, K) scores of several seeds."""
        return np.stack([t.scores for t in trials])
