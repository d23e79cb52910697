"""The loop itself, from a source to a delivered model. Each line of ``_improve`` is a step that can be read alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

from whet.engine.sharing import memory_of_each, num_workers_of
from whet.engine.starting import started_engine
from whet.improving.baselines import ensure_model, run_baselines, run_members
from whet.improving.clock import Clock
from whet.improving.deadline import OutOfTime, slowness, time_limit
from whet.improving.defaults import run_default
from whet.improving.delivering import deliver, deliver_stopped
from whet.improving.distilling import distilling_seconds
from whet.improving.folder import RunFolder
from whet.improving.handover import alone
from whet.improving.keeping_memory import kept_memory
from whet.improving.lengthening import run_alternatives, run_longer, run_more_seeds
from whet.improving.looking_over import look_over
from whet.improving.observer import Observer
from whet.improving.opening import announce, new_session
from whet.improving.options import Options
from whet.improving.passes import ends_by_clock, is_far_from_end, is_glimpse
from whet.improving.prepare import prepare
from whet.improving.rates import note_suggested_lr
from whet.improving.refitting import estimated_seconds
from whet.improving.remedying import run_remedies
from whet.improving.reusing import reusing_seconds, run_reuses
from whet.improving.selecting import Selected, select
from whet.improving.session import Session
from whet.improving.shares import LARGE, Shares, finish_seconds
from whet.improving.sharing_ledger import sharing_ledger
from whet.improving.testing import open_test
from whet.improving.transferring import run_rest, run_transfer
from whet.improving.weighing_up import looked_at
from whet.ledger.records import Ledger
from whet.training.interrupted import Interrupted

__all__ = ["run_loop"]

HARD = 0.5  # share of the time for finishing that what comes before may use up; at the end of that it is cut off


def run_loop(
    source: object,
    options: Options,
    folder: RunFolder,
    *,
    observer: Observer,
    should_stop: Callable[[], bool],
    began: float | None = None,
) -> None:
    """Improve until the budget is spent; ``folder`` holds everything, also after an interruption.

    ``began``: reading of ``time.monotonic`` at which the budget began, where that was before this call.
    """
    state = folder.state()
    spent_s = float(state["seconds"]) + (0.0 if began is None else time.monotonic() - began)
    clock = Clock(options.budget_s, spent_before=spent_s)
    observer.begin(budget_s=options.budget_s, elapsed_s=clock.elapsed(), title=str(state["source"]))
    ledger, sharing = Ledger(folder.ledger), ExitStack()
    session: Session | None = None
    num_workers = num_workers_of(options.workers, options.memory)
    own_bytes = memory_of_each(options.memory, num_workers)
    try:
        share = sharing.enter_context(sharing_ledger(options.storage, folder, ledger, kind="improve", say=observer.say))
        with (
            kept_memory(options.memory, own_bytes, say=observer.say) as memory,
            started_engine(num_workers, folder.path / "workers") as engine,
        ):
            prepared = prepare(source, options, folder, ledger, clock, say=observer.say)
            share(prepared)
            session = new_session(prepared, options, folder, ledger, clock, observer, should_stop, engine=engine)
            session.memory = memory
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
        sharing.close()
        ledger.close()
        observer.end()


def _improve(session: Session) -> None:
    """Explore until the time for finishing has come, whatever is running then, and finish."""
    clock, budget_s = session.clock, session.options.budget_s
    limit = 0.0
    if budget_s is not None:  # beside other work everything takes longer, the last steps too
        limit = min(slowness() * finish_seconds(budget_s), 0.5 * budget_s)
        limit = float(session.folder.remember("finish_s", lambda: round(limit, 2)))
    announce(session)
    try:
        with time_limit(clock.left() - HARD * limit):
            _explore(session, limit=limit)
    except OutOfTime:
        session.observer.say("the time for trying is over; handing over the best so far")
        ensure_model(session)
    exploring_s = float(session.folder.remember("exploring_s", lambda: 1.0))
    with clock.step("ensemble and calibration"):
        selected = _selected(session, distilling_s=distilling_seconds(session, exploring_s), limit=limit)
    with clock.step("sealed test"):
        result = open_test(session, selected)
    deliver(session, selected, result, finish_s=limit)


def _selected(session: Session, *, distilling_s: float, limit: float) -> Selected:
    """What is handed over; the best trial alone where there is no time to combine."""
    try:
        with time_limit(session.clock.left() - HARD * HARD * limit):
            return select(session, distilling_s=distilling_s)
    except OutOfTime:
        assert session.best is not None
        session.observer.say("no time was left to combine trials; the best one is handed over")
        best = alone(session.best)
        return Selected(handover=best, candidates=looked_at(session, best, []))


def _explore(session: Session, *, limit: float) -> None:
    clock, folder = session.clock, session.folder
    with clock.step("audit"):
        look_over(session)
    with clock.step("baselines"):
        run_baselines(session)
    exploring_s = float(folder.remember("exploring_s", lambda: _finite(clock.left() - limit)))
    distilling_s = distilling_seconds(session, exploring_s)
    with clock.step("default recipe and noise floor"):
        run_default(session, exploring_s=exploring_s)
    with clock.step("fast members"):
        run_members(session)
    if session.prepared.facts.backbone is not None and session.incumbent:
        with clock.step("pretrained body"):
            run_transfer(session, until_s=clock.elapsed() + max(0.0, _finite(clock.left()) - limit))
    if session.incumbent and session.incumbent[0].recipe.backbone is not None and clock.budget_s is not None:
        with clock.step("around the pretrained body"):
            run_rest(session, until_s=clock.elapsed() + max(0.0, _finite(clock.left()) - limit - distilling_s))
    elif session.incumbent:
        _improve_network(session, exploring_s=exploring_s, finish_s=limit + distilling_s)


def _improve_network(session: Session, *, exploring_s: float, finish_s: float) -> None:
    clock = session.clock
    by_clock = ends_by_clock(session)
    share = Shares().explore if by_clock else Shares().explore_saturated
    end = clock.elapsed() + max(0.0, clock.left() - finish_s) if clock.budget_s else float("inf")
    begin_s = end - exploring_s if clock.budget_s else 0.0
    left_s = end - clock.elapsed()
    looks = bool(session.folder.remember("looks", lambda: not is_far_from_end(session, left_s=left_s)))
    if looks and not is_glimpse(session):
        with clock.step("learning-rate range test"):
            note_suggested_lr(session, exploring_s=exploring_s)
    with clock.step("remedies"):
        run_remedies(session, until_s=begin_s + share * exploring_s, exploring_s=exploring_s, looks=looks)
    with clock.step("other architectures"):
        run_alternatives(session, until_s=end - 0.25 * exploring_s, exploring_s=exploring_s)
    if clock.budget_s is None:
        return
    reserve = _refit_reserve(session)
    if by_clock:
        reuse_s = float(session.folder.remember("reuse_s", lambda: reusing_seconds(session, exploring_s=exploring_s)))
        seconds = max(0.0, end - clock.elapsed() - reserve - reuse_s)
        if len(session.prepared.data) < LARGE:  # what follows is one more such training, on every example
            seconds /= 1 + 1.25 * len(session.prepared.data) / session.arena.num_train
        else:
            seconds *= 1 - Shares().going_on
        with clock.step("longer training"):
            run_longer(session, seconds=float(session.folder.remember("longer_s", lambda: round(seconds, 2))))
        if reuse_s:
            with clock.step("other uses of the network"):
                run_reuses(session)
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


def _finite(seconds: float) -> float:
    return 3600.0 if seconds == float("inf") else max(1.0, seconds)
