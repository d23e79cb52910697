"""What the steps of one run share: where they read from, where they write to, and what was found so far."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any

import numpy as np

from whet.bundle.model import Member, Model
from whet.bundle.save import save
from whet.engine.tree_memory import TreeMemory
from whet.evaluation.blend import Blend
from whet.finding import Finding
from whet.improving.arena import Arena
from whet.improving.book import Book
from whet.improving.clock import Clock
from whet.improving.folder import RunFolder
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.prepare import Prepared
from whet.improving.trials import Trial, Trials, Wanted, Weighted
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.ledger.noise import NoiseFloor
from whet.ledger.spending import Spending
from whet.planning.ranking import Observation
from whet.recipe import Recipe

__all__ = ["Session", "noted"]


@dataclass
class Session:
    """The state of a run; ``pool`` holds every trial of the arena, whatever its verdict."""

    options: Options
    folder: RunFolder
    clock: Clock
    book: Book
    observer: Observer
    prepared: Prepared
    trials: Trials
    spending: Spending
    noise: NoiseFloor
    arena: Arena
    should_stop: Callable[[], bool]
    epoch_s: float | None  # seconds of one epoch of the default network on the training part; None: not measured
    pool: list[Trial] = field(default_factory=list)
    audited: tuple[Finding, ...] = ()  # what the audit found before anything was trained
    findings: list[Finding] = field(default_factory=list)
    incumbent: list[Trial] = field(default_factory=list)  # deep recipe in force, one trial per seed
    adopted: list[str] = field(default_factory=list)  # remedies, in order
    baseline: Trial | None = None  # best simple model
    default: Trial | None = None  # first trial of the default deep recipe
    best: Trial | None = None
    observations: list[Observation] = field(default_factory=list)  # what cheap looks showed, for the planner
    num_judged: int = 0  # rows that spent a share of the error budget
    memory: TreeMemory | None = None  # what the run has taken so far
    tried: set[str] = field(default_factory=set)  # digests of recipes that had their row

    def better(self, a: float, b: float) -> bool:
        """Is score ``a`` better than ``b`` in the primary metric."""
        return a > b if self.prepared.metric.higher_is_better else a < b

    def gain(self, after: float, before: float) -> float:
        """The difference, oriented so that positive is better."""
        return after - before if self.prepared.metric.higher_is_better else before - after

    def alpha(self) -> float:
        """What the next judged row may spend."""
        return self.spending.alpha(tried=self.num_judged, adopted=len(self.adopted))

    def run(self, recipe: Recipe, *, title: str, repeat: int = 0) -> Trial:
        """Train ``recipe`` in the arena and keep the trial; a new best is on disk before this returns."""
        self.observer.doing(title if repeat == 0 else f"{title}, seed {repeat}")
        trial = self.trials.run(self.arena, recipe, title=title, repeat=repeat)
        self.keep(trial)
        return trial

    def run_ahead(self, wanted: Sequence[Wanted]) -> None:
        """Train these side by side or in one loop where either saves time, so that ``run`` finds them done."""
        if wanted and (self.num_workers > 1 or self.trials.may_share(wanted)):
            self.observer.doing("; ".join(f"{w.title}, seed {w.repeat}" if w.repeat else w.title for w in wanted))
            self.trials.run_ahead(self.arena, wanted)

    @property
    def num_workers(self) -> int:
        """Trainings that run side by side."""
        return self.trials.engine.num_workers

    def wall_s(self, trial_s: float, *, repeats: int = 1) -> float:
        """How long so many trials of ``trial_s`` seconds of training each take, side by side."""
        parts = self.arena.num_parts
        return trial_s / parts * math.ceil(parts * repeats / self.num_workers)

    def rescored(self, trial: Trial, recipe: Recipe, *, title: str) -> Trial:
        """The trial's weights used as ``recipe`` says, for changes that need no training."""
        self.observer.doing(title)
        changed = self.trials.rescored(self.arena, trial, recipe, title=title)
        self.keep(changed)
        return changed

    def keep(self, trial: Trial) -> None:
        """Add a trial to the pool, and save its model when it is the best so far."""
        if all(trial.key != other.key for other in self.pool):
            self.pool.append(trial)
        if self.best is None or self.better(trial.score, self.best.score):
            self.best = trial
            save(self.model_of([Weighted(trial=trial)]), self.folder.model)
            self.observer.best(trial.title, trial.score, self.prepared.metric.title)

    def measure_all(self, stage: Stage, wanted: Sequence[Wanted]) -> list[Trial | None]:
        """``measure`` for each, trained side by side where there are several workers."""
        if self.num_workers > 1 and len(wanted) > 1:
            is_open = self.book.register([_figure(stage, w.recipe, w.title) for w in wanted])
            self.run_ahead(list(compress(wanted, is_open)))
        return [self.measure(stage, w.recipe.architecture, w.recipe, title=w.title) for w in wanted]

    def measure(self, stage: Stage, name: str, recipe: Recipe, *, title: str, because: str = "") -> Trial | None:
        """A row that states a figure and makes no claim; None when the training failed."""
        found: list[Trial] = []

        def work() -> Decision:
            found.append(self.run(recipe, title=title))
            trial = found[0]
            return Decision(
                verdict=Verdict.MEASURED,
                reason="a figure, no claim",
                after=trial.score,
                num_examples=len(trial.scores),
                num_seeds=1,
                seconds=trial.seconds,
                details=noted([trial]),
            )

        plan = replace(_figure(stage, recipe, title), remedy=name, because=because)
        decision = self.book.row(plan, work)
        if decision.verdict is Verdict.FAILED:
            self.observer.say(f"{title} failed: {decision.cause}. The run goes on without it.")
            return None
        return found[0] if found else self.run(recipe, title=title)

    def model_of(self, chosen: Sequence[Weighted], blend: Blend | None = None) -> Model:
        """A model from trials: the parts of a cross-validated trial share its weight."""
        members: list[Member] = []
        weights: list[float] = []
        temperatures: list[float] = []
        for each in chosen:
            parts = self.trials.fitted(each.trial)[: each.num_parts]
            members += [Member(title=each.trial.title, recipe=each.trial.recipe, fitted=part) for part in parts]
            weights += [each.weight / len(parts)] * len(parts)
            temperatures += [each.temperature] * len(parts)
        return self.model(members, weights, temperatures, blend)

    def model(
        self, members: list[Member], weights: list[float], temperatures: list[float], blend: Blend | None = None
    ) -> Model:
        """A model from members; weights and temperatures of ``blend`` itself are not used."""
        given = blend or Blend(weights=())
        return Model(
            task=self.prepared.task.name,
            schema=self.prepared.schema,
            target=self.prepared.target,
            members=tuple(members),
            blend=replace(given, weights=tuple(weights), member_temperatures=tuple(temperatures)),
            metric=self.prepared.metric.name,
            about={"origin": self.prepared.data.origin, "num_train": len(self.prepared.data)},
        )

    def stacked(self, trials: list[Trial]) -> np.ndarray:
        """(k, N, K) scores of several seeds."""
        return np.stack([t.scores for t in trials])


def noted(trials: Sequence[Trial]) -> dict[str, Any]:
    """What a row of the ledger says besides its figures: what happened during the trainings, each thing once."""
    notes = list(dict.fromkeys(note for trial in trials for note in trial.notes))
    return {"notes": notes} if notes else {}


def _figure(stage: Stage, recipe: Recipe, title: str) -> Plan:
    return Plan(stage=stage, remedy=recipe.architecture, change=title, because="", recipe=recipe.digest())
