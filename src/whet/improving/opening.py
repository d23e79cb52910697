"""The state of a run at its start: how fast it trains here, where trials meet, and what was inferred, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import whet.augment
import whet.data.encoders
import whet.evaluation.metrics
import whet.models
import whet.models.estimators
import whet.tasks  # noqa: F401  (these six fill the registries)
from whet.engine.bench import Bench
from whet.engine.engine import Engine, ThisProcess
from whet.engine.sharing import memory_of_each, num_workers_of
from whet.improving.book import Book
from whet.improving.clock import Clock
from whet.improving.defaults import choose_arena, measure_pace
from whet.improving.equipping import fit_setting, new_trials
from whet.improving.folder import RunFolder
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.prepare import Prepared
from whet.improving.session import Session
from whet.ledger.noise import NoiseFloor
from whet.ledger.records import Ledger
from whet.ledger.spending import Spending

__all__ = ["announce", "new_session"]

TREATING, LEAST_TREATING_S = 0.06, 4.0  # share of the budget for judging the labels of one training part, and its floor
PACE, MOST_PACE_S = 0.025, 12.0  # share of the budget for measuring how fast the default trains, and its most


def new_session(
    prepared: Prepared,
    options: Options,
    folder: RunFolder,
    ledger: Ledger,
    clock: Clock,
    observer: Observer,
    should_stop: Callable[[], bool],
    *,
    engine: Callable[[Bench], Engine] = ThisProcess,
) -> Session:
    """The state of a run at its start, or where it stood when it was killed."""

    memory_bytes = memory_of_each(options.memory, num_workers_of(options.workers, options.memory))
    setting = fit_setting(prepared, options, folder, clock, observer, should_stop, memory_bytes=memory_bytes)
    trials = new_trials(
        prepared,
        options,
        folder,
        setting,
        treating_s=30.0 if options.budget_s is None else max(LEAST_TREATING_S, TREATING * options.budget_s),
        engine=engine,
    )
    epoch_s = None
    if options.budget_s is not None and options.epochs is None:
        with clock.step("measuring the pace"):
            seconds = min(MOST_PACE_S, PACE * options.budget_s)
            observer.doing("measuring how fast the default network trains here")
            epoch_s = folder.remember("epoch_s", lambda: measure_pace(prepared, trials, seconds=seconds))
    arena = choose_arena(
        prepared,
        options,
        epoch_s,
        exploring_s=0.8 * (clock.budget_s or 1.0),
        num_workers=trials.engine.num_workers,
    )
    return Session(
        options=options,
        folder=folder,
        clock=clock,
        book=Book(ledger),
        observer=observer,
        prepared=replace(prepared, facts=replace(prepared.facts, num_train=arena.num_train, epoch_s=epoch_s)),
        trials=trials,
        spending=Spending(max_rows=options.max_confirmations, strict=options.strict),
        noise=NoiseFloor(),
        arena=arena,
        should_stop=should_stop,
        epoch_s=epoch_s,
    )


def announce(session: Session) -> None:
    """Say what was inferred, so that a wrong guess is seen before the time is spent."""
    prepared, say = session.prepared, session.observer.say
    size = f"{len(prepared.data):,} examples, {prepared.sealed.num:,} sealed for the test"
    say(f"{prepared.task.name.replace('_', ' ')} of {prepared.data.origin}: {size}")
    for column in prepared.schema.features[:20]:
        say(f"  {column.name}: {column.kind} ({column.why})")
    for column in prepared.schema.ignored[:10]:
        say(f"  {column.name}: left out ({column.why})")
    say(f"  target {prepared.schema.target}: {prepared.schema.target_why}")
    say(f"  metric: {prepared.metric.title} ({prepared.metric_why})")
    how = "a fixed validation part" if session.arena.num_parts == 1 else f"{session.arena.num_parts}-fold out-of-fold"
    say(f"  compared on {how}: {len(session.arena.truth):,} examples")
    for problem in prepared.data.problems[:10]:
        say(f"  {'remark' if problem.kept else 'left out'}: {problem.where}: {problem.what}")
