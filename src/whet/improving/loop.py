"""The loop itself, from a source to a delivered model. Each line of ``_improve`` is a step that can be read alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import whet.augment
import whet.data.encoders
import whet.evaluation.metrics
import whet.models
import whet.models.estimators
import whet.tasks  # noqa: F401  (these six fill the registries)
from whet.improving.baselines import run_baselines, run_members
from whet.improving.blending import blend_trials
from whet.improving.book import Book
from whet.improving.clock import Clock
from whet.improving.defaults import choose_arena, measure_pace, run_default
from whet.improving.delivering import deliver, deliver_stopped
from whet.improving.folder import RunFolder
from whet.improving.lengthening import ends_by_clock, run_alternatives, run_longer, run_more_seeds
from whet.improving.looking_over import look_over
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.prepare import Prepared, prepare
from whet.improving.rates import note_suggested_lr
from whet.improving.refitting import estimated_seconds
from whet.improving.remedying import run_remedies
from whet.improving.session import Session
from whet.improving.shares import LARGE, Shares, finish_seconds
from whet.improving.testing import open_test
from whet.improving.transferring import run_rest, run_transfer
from whet.improving.trials import Trials
from whet.ledger.noise import NoiseFloor
from whet.ledger.records import Ledger
from whet.ledger.spending import Spending
from whet.training.fitted import FitSetting
from whet.training.interrupted import Interrupted

__all__ = ["run_loop"]

TREATING, LEAST_TREATING_S = 0.06, 4.0  # share of the budget for judging the labels of one training part, and its floor


def run_loop(
    source: object,
    options: Options,
    folder: RunFolder,
    *,
    observer: Observer,
    should_stop: Callable[[], bool],
) -> None:
    """Improve until the budget is spent; ``folder`` holds everything, also after an interruption."""
    state = folder.state()
    clock = Clock(options.budget_s, spent_before=float(state["seconds"]))
    observer.begin(budget_s=options.budget_s, elapsed_s=clock.elapsed(), title=str(state["source"]))
    ledger = Ledger(folder.ledger)
    session: Session | None = None
    try:
        prepared = prepare(source, options, folder, ledger, clock, say=observer.say)
        session = _session(prepared, options, folder, ledger, clock, observer, should_stop)
        _improve(session)
        folder.update(status="done", seconds=clock.elapsed())
    except Interrupted:
        folder.update(status="stopped", seconds=clock.elapsed())
        if session is not None:
            deliver_stopped(session)
        raise
    except BaseException:
        folder.update(status="failed", seconds=clock.elapsed())
        raise
    finally:
        ledger.close()
        observer.end()


def _improve(session: Session) -> None:
    clock, folder = session.clock, session.folder
    announce(session)
    with clock.step("audit"):
        look_over(session)
    with clock.step("baselines"):
        run_baselines(session)
    limit = finish_seconds(session.options.budget_s) if session.options.budget_s else 0.0
    exploring_s = float(folder.remember("exploring_s", lambda: _finite(clock.left() - limit)))
    with clock.step("default recipe and noise floor"):
        run_default(session, exploring_s=exploring_s)
    with clock.step("fast members"):
        run_members(session)
    if session.prepared.facts.backbone is not None and session.incumbent:
        with clock.step("pretrained body"):
            run_transfer(session, until_s=clock.elapsed() + max(0.0, _finite(clock.left()) - limit))
    if session.incumbent and session.incumbent[0].recipe.backbone is not None and clock.budget_s is not None:
        with clock.step("around the pretrained body"):
            run_rest(session, until_s=clock.elapsed() + max(0.0, _finite(clock.left()) - limit))
    elif session.incumbent:
        _improve_network(session, exploring_s=exploring_s, finish_s=limit)
    with clock.step("ensemble and calibration"):
        handover = blend_trials(session)
    with clock.step("sealed test"):
        result = open_test(session, handover)
    deliver(session, handover, result, finish_s=limit)


def _improve_network(session: Session, *, exploring_s: float, finish_s: float) -> None:
    clock = session.clock
    by_clock = ends_by_clock(session)
    share = Shares().explore if by_clock else Shares().explore_saturated
    end = clock.elapsed() + max(0.0, clock.left() - finish_s) if clock.budget_s else float("inf")
    begin_s = end - exploring_s if clock.budget_s else 0.0
    with clock.step("learning-rate range test"):
        note_suggested_lr(session, exploring_s=exploring_s)
    with clock.step("remedies"):
        run_remedies(session, until_s=begin_s + share * exploring_s, exploring_s=exploring_s)
    with clock.step("other architectures"):
        run_alternatives(session, until_s=end - 0.25 * exploring_s, exploring_s=exploring_s)
    if clock.budget_s is None:
        return
    reserve = _refit_reserve(session)
    if by_clock:
        seconds = max(0.0, end - clock.elapsed() - reserve)
        if len(session.prepared.data) < LARGE:
            seconds /= 1 + 1.25 * len(session.prepared.data) / session.arena.num_train
        with clock.step("longer training"):
            run_longer(session, seconds=float(session.folder.remember("longer_s", lambda: round(seconds, 2))))
    with clock.step("more seeds"):
        run_more_seeds(session, until_s=end - 1.5 * reserve)


def _refit_reserve(session: Session) -> float:
    """Seconds to keep for training the likely members on all examples."""
    size = len(session.prepared.data) + session.prepared.sealed.num
    simple = [t for t in session.pool if not t.curve]
    reserve = sum(estimated_seconds(session, t, size) for t in simple)
    if not ends_by_clock(session):
        reserve += 2 * estimated_seconds(session, session.incumbent[0], size)
    return min(reserve, 0.4 * max(0.0, session.clock.left()))


def _session(
    prepared: Prepared,
    options: Options,
    folder: RunFolder,
    ledger: Ledger,
    clock: Clock,
    observer: Observer,
    should_stop: Callable[[], bool],
) -> Session:
    def stop() -> bool:
        note_seconds(folder, clock)
        return should_stop()

    setting = FitSetting(
        device=options.device,
        metric=prepared.metric.name,
        scratch=folder.cache,
        speed_cache=folder.path / "speed.json",
        on_progress=observer.progress,
        should_stop=stop,
    )
    trials = Trials(
        folder.trials,
        prepared.data,
        prepared.target,
        measure=prepared.metric.compute,
        setting=setting,
        checkpoints=folder.checkpoints,
        seed=options.seed,
        treating_s=30.0 if options.budget_s is None else max(LEAST_TREATING_S, TREATING * options.budget_s),
    )
    epoch_s = None
    if options.budget_s is not None and options.epochs is None:
        with clock.step("measuring the pace"):
            seconds = min(12.0, 0.025 * options.budget_s)
            observer.doing("measuring how fast the default network trains here")
            epoch_s = folder.remember("epoch_s", lambda: measure_pace(prepared, trials, seconds=seconds))
    arena = choose_arena(prepared, options, epoch_s, exploring_s=0.8 * _finite(clock.budget_s or 0.0))
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


def note_seconds(folder: RunFolder, clock: Clock, *, every_s: float = 5.0) -> None:
    """Write the seconds spent into run.json now and then, so that a killed run knows them."""
    if clock.elapsed() - clock.written_s >= every_s:
        clock.written_s = clock.elapsed()
        folder.update(seconds=clock.elapsed())


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


def _finite(seconds: float) -> float:
    return 3600.0 if seconds == float("inf") else max(1.0, seconds)
