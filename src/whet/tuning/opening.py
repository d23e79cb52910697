"""The state of a tuning at its start: method, space, arena, how long trainings are, and where trials are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from whet.engine.bench import Bench
from whet.engine.engine import Engine
from whet.engine.processes import Processes
from whet.errors import ConfigError
from whet.improving.arena import Arena, cross_validation, hold_out
from whet.improving.book import Book
from whet.improving.clock import Clock
from whet.improving.defaults import MIDDLE, SMALL, choose_arena
from whet.improving.equipping import fit_setting, new_trials
from whet.improving.folder import RunFolder
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.prepare import Prepared
from whet.improving.shares import finish_seconds
from whet.ledger.records import Ledger
from whet.recipe import Length, Recipe
from whet.report.amounts import count, duration
from whet.search.checking import check_space
from whet.search.default_space import default_space
from whet.search.fidelity import fidelities
from whet.search.fields import value_of
from whet.search.method import Method, Setup, methods
from whet.search.space import Space
from whet.search.space_file import space_from_dict
from whet.search.storage import sqlite_url
from whet.search.study import Study
from whet.training.fitted import FitSetting
from whet.tuning.diagnosing import DIAGNOSED
from whet.tuning.look_costs import look_costs
from whet.tuning.looks import Looks
from whet.tuning.options import TuningOptions
from whet.tuning.pace import Pace, measure
from whet.tuning.plan import TuningPlan, plan_by_epochs, plan_by_time
from whet.tuning.session import TuningSession, finish_s

__all__ = ["open_tuning"]

MOST_WAITING = 0.3  # share of the budget for workers to start, before the pace is measured without the late ones


def open_tuning(
    prepared: Prepared,
    options: Options,
    tuning: TuningOptions,
    folder: RunFolder,
    ledger: Ledger,
    clock: Clock,
    observer: Observer,
    should_stop: Callable[[], bool],
    *,
    engine: Callable[[Bench], Engine] | None = None,
) -> TuningSession:
    """Everything that a tuning needs, fresh or where it stood when it was killed.

    ``engine`` opens the workers; None: there are none.
    """
    base = prepared.default_recipe()
    is_written = tuning.space is not None and tuning.space != DIAGNOSED
    space = space_from_dict(tuning.space) if is_written else default_space(base, prepared.facts)
    check_space(space, base)
    setting = fit_setting(prepared, options, folder, clock, observer, should_stop)
    workers: Processes | None = None
    if engine is not None:
        setting = replace(setting, num_threads=1)  # also where one trains alone: what is compared has equal means
        opened = new_trials(prepared, options, folder, setting, engine=engine).engine
        assert isinstance(opened, Processes)
        workers = opened
    method: Method = methods[tuning.method]
    setup = Setup(
        space=space,
        higher_is_better=prepared.metric.higher_is_better,
        seed=options.seed,
        num_trials=tuning.trials,
        sampler=tuning.sampler,
    )
    _refuse_large(method, setup)
    looks = Looks(kind=fidelities[tuning.fidelity], prepared=prepared, seed=options.seed)
    looks.kind.check(base, prepared.facts)
    arena, plan = _planned(prepared, options, tuning, folder, clock, method, setup, base, setting, looks, workers)
    if options.epochs is not None:
        base = replace(base, length=Length(seconds=None, epochs=options.epochs))
    base = plan.recipe(base)
    setup = replace(setup, num_trials=plan.num_trials, start=_start_values(space, base))
    _announce(observer, prepared, arena, method, setup, plan)
    return TuningSession(
        options=options,
        tuning=tuning,
        folder=folder,
        clock=clock,
        book=Book(ledger),
        observer=observer,
        prepared=replace(prepared, facts=replace(prepared.facts, num_train=arena.num_train)),
        arena=arena,
        setting=setting,
        base=base,
        plan=plan,
        method=method,
        setup=setup,
        study=_study(prepared, tuning, folder, method, space, base),
        looks=looks,
        workers=workers,
    )


def _planned(
    prepared: Prepared,
    options: Options,
    tuning: TuningOptions,
    folder: RunFolder,
    clock: Clock,
    method: Method,
    setup: Setup,
    base: Recipe,
    setting: FitSetting,
    looks: Looks,
    workers: Processes | None,
) -> tuple[Arena, TuningPlan]:
    """Where trials meet and how long they are; what was measured is remembered, so that a resumed run agrees."""
    if options.budget_s is None:
        assert options.epochs is not None
        arena = choose_arena(prepared, options, None, exploring_s=0.0)
        return arena, plan_by_epochs(method, setup, epochs=options.epochs, seeds=tuning.seeds)
    num_workers = 1 if workers is None else workers.num_workers
    if options.epochs is not None:
        base = replace(base, length=Length(epochs=options.epochs))
    budget_s = options.budget_s

    def timed(recipe: Recipe, data: Prepared, budget_s: float) -> Pace:
        if workers is None:
            return measure(recipe, data, new_trials(data, options, folder, setting), budget_s=budget_s)
        workers.wait(MOST_WAITING * budget_s)
        trials = new_trials(data, options, folder, setting, engine=lambda bench: workers)
        return measure(recipe, data, trials, budget_s=budget_s)

    def end_s() -> float:
        return float(folder.remember("finish_s", lambda: max(finish_seconds(budget_s), round(finish_s(clock), 3))))

    if workers is not None:
        end_s()  # while this process has not waited for them; remembered
    with clock.step("measuring the pace"):
        pace = Pace(**folder.remember("pace", lambda: timed(base, prepared, budget_s).to_dict()))
        costs = _look_costs(folder, looks, base, method, pace, lambda r, data: timed(r, data, budget_s / 2))
    return plan_by_time(
        method,
        setup,
        base,
        _arenas(prepared, options.seed),
        pace,
        left_s=float(folder.remember("left_s", lambda: round(clock.left(), 3))),
        finish_s=end_s(),
        seeds=tuning.seeds,
        num_workers=num_workers,
        look_costs=costs,
    )


def _look_costs(
    folder: RunFolder,
    looks: Looks,
    base: Recipe,
    method: Method,
    pace: Pace,
    measure: Callable[[Recipe, Prepared], Pace],
) -> dict[float, float]:
    """Measured once per run; a share of the length costs that share."""
    if looks.kind is fidelities["length"]:
        return {}
    pairs = folder.remember(
        "look_costs", lambda: look_costs(looks, base, method.fidelities, pace=pace, measure=measure)
    )
    return {float(fidelity): float(cost) for fidelity, cost in pairs}


def _arenas(prepared: Prepared, seed: int) -> list[Arena]:
    """The ways to score a trial, the most reliable first; a fixed part where the data are large enough for one."""
    folds = () if len(prepared.data) >= MIDDLE else (3,) if len(prepared.data) >= SMALL else (5, 3)
    return [*(cross_validation(prepared, num_folds=k, seed=seed) for k in folds), hold_out(prepared)]


def _study(
    prepared: Prepared, tuning: TuningOptions, folder: RunFolder, method: Method, space: Space, base: Recipe
) -> Study:
    """In the run folder, or shared: machines that tune the same recipe on the same data share a study."""
    name = "tuning"
    if tuning.storage is not None:
        same = replace(base, length=Length()).digest()
        facts = [prepared.data.fingerprint, prepared.metric.name, same, tuning.method, json.dumps(space.to_dict())]
        facts += [] if tuning.fidelity == "length" else [tuning.fidelity]
        name = f"whet-{hashlib.sha256('/'.join(facts).encode()).hexdigest()[:16]}"
    return Study(
        space,
        tuning.storage or sqlite_url(folder.path / "study.sqlite"),
        name=name,
        higher_is_better=prepared.metric.higher_is_better,
        owner=folder.owner(),
        pruner=tuning.pruner if method.fidelities[0] == 1.0 else "none",  # type: ignore[arg-type]  # checked before
    )


def _start_values(space: Space, base: Recipe) -> dict[str, Any] | None:
    """The start in the words of the space; None where it lies outside."""
    values: dict[str, Any] = {}
    for name in space.ordered:
        if space.is_active(name, values):
            values[name] = value_of(base, name)
    return values if space.holds(values) else None


def _refuse_large(method: Method, setup: Setup) -> None:
    """A grid with too many combinations is refused before anything is measured, and so is a part of one."""
    if method.fidelities[0] < 1.0 or setup.num_trials is None:
        if method.fidelities[0] == 1.0:
            method.full_trainings(setup)
        return
    own = method.full_trainings(replace(setup, num_trials=None))
    if own is not None and own > setup.num_trials:
        raise ConfigError(
            f"this {method.title} has {own:,.0f} combinations, more than --trials {setup.num_trials}. Leave --trials "
            "out, give ranges fewer points, search fewer fields, or use --method random."
        )


def _announce(
    observer: Observer, prepared: Prepared, arena: Arena, method: Method, setup: Setup, plan: TuningPlan
) -> None:
    how = "a fixed validation part" if arena.num_parts == 1 else f"{arena.num_parts}-fold out-of-fold"
    observer.say(
        f"{prepared.task.name.replace('_', ' ')} of {prepared.data.origin}: {len(prepared.data):,} examples, "
        f"{prepared.sealed.num:,} sealed for the test; {prepared.metric.title} on {how}"
    )
    fields = count(len(setup.space.dimensions), "field")
    observer.say(f"{method.title} over {fields}: {', '.join(setup.space.dimensions)}")
    full = method.full_trainings(setup)
    if full is None:
        return
    cost = (
        ""
        if plan.trial_s is None
        else f", at most {duration(plan.trial_s)} each, {duration(full * plan.trial_s / plan.num_workers)} in all"
    )
    amount = f"{setup.num_trials} configurations that cost as much as " if method.fidelities[0] < 1.0 else ""
    observer.say(f"  {amount}{full:,.0f} full trainings{cost}")
