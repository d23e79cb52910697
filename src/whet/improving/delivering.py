"""Hand over: bundle, summary and report."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from whet.bundle.model import Model
from whet.bundle.save import save
from whet.data.dataset import Dataset
from whet.data.join import joined, share_storage
from whet.files import recover_folder, write_json
from whet.improving.allowing import allowing_for_retraining
from whet.improving.candidate import MEASURE_S, within
from whet.improving.costs import costs_of_model
from whet.improving.deadline import OutOfTime, time_limit
from whet.improving.distilling import Fast
from whet.improving.explaining import explained, explaining_seconds
from whet.improving.handover import Handover
from whet.improving.refitting import Refitted, refit_members
from whet.improving.reporting import report_data
from whet.improving.retraining_noise import retraining_std
from whet.improving.selecting import Selected
from whet.improving.session import Session
from whet.improving.summarising import fast_figures, front_figures, summary_of
from whet.improving.testing import TestResult, validation_result
from whet.improving.trials import Weighted
from whet.report.data import ReportData
from whet.report.write import write_report

__all__ = ["deliver", "deliver_stopped"]

LATE, LATE_S = 0.035, 2.0  # over the budget, as a share and in seconds, when even the page is given up


def deliver(session: Session, selected: Selected, result: TestResult, *, finish_s: float) -> None:
    """Save the tested model, then the same trained on every example where time allows; write summary and report."""
    handover = selected.handover
    test = {
        "score": result.after.score,
        "low": result.after.low,
        "high": result.after.high,
        "n": result.after.n,
        "opened": result.openings,
    }
    tested = session.model_of(handover.members, handover.blend)
    about = {**tested.about, "test": test, "fit_on": "the training part; the figures are of exactly these weights"}
    save(replace(tested, about=about), session.folder.model)
    if selected.fast is not None:
        _save_fast(session, selected.fast, result)
    with session.clock.step("training on all examples"):
        trained = _refit_in_time(session, handover, result, about, finish_s=finish_s)
    if trained:
        low, high = allowing_for_retraining(
            session.prepared.metric,
            result.after.score,
            result.after.low,
            result.after.high,
            tested_on=session.arena.num_train,
            delivered_on=len(_everything(session, result)),
            seed_std=retraining_std(
                session.prepared.metric,
                session.pool,
                handover.members,
                again={part.key for part in trained if part.how == "again"},
            ),
        )
        test = {**test, "low": low, "high": high}
    with session.clock.step("report"):
        data = report_data(
            session,
            handover.members,
            result,
            front=front_figures(session, selected),
            fast=fast_figures(selected, result),
        )
        _report(session, tested, result, data)
    write_json(session.folder.summary, summary_of(session, result, test, len(trained), selected))


def deliver_stopped(session: Session) -> None:
    """A summary of an interrupted run: validation figures only. The page is left to ``whet report``, to be quick."""
    write_json(session.folder.summary, summary_of(session, None, None, 0))
    result = validation_result(session)
    if result is not None and session.best is not None:
        write_json(session.folder.report_data, asdict(report_data(session, (Weighted(trial=session.best),), result)))


def _report(session: Session, tested: Model, result: TestResult, data: ReportData) -> None:
    """The page with its explanations; where the time is long over, the data alone, from which it can be drawn later."""
    write_json(session.folder.report_data, asdict(data))
    budget_s = session.clock.budget_s
    late_s = 0.0 if budget_s is None else max(LATE_S, LATE * budget_s)
    seconds = min(explaining_seconds(budget_s), max(0.0, session.clock.left()))
    try:
        with time_limit(session.clock.left() + late_s):
            data = replace(data, **explained(tested, result, seed=session.options.seed, seconds=seconds))
            write_json(session.folder.report_data, asdict(data))
            write_report(data, session.folder.report)
    except OutOfTime:
        session.observer.say(f"no time was left for the page; it is drawn by: whet report {session.folder.path}")


def _refit_in_time(
    session: Session, handover: Handover, result: TestResult, about: dict[str, Any], *, finish_s: float
) -> list[Refitted]:
    """The members that were trained again, or further; none where that took longer than foreseen."""
    try:
        with time_limit(session.clock.left() - 0.4 * finish_s):
            return _refit(session, handover, result, about, finish_s=finish_s)
    except OutOfTime:
        session.observer.say("training on all examples took too long; the tested model is handed over as it is")
        recover_folder(session.folder.model)
        return []


def _refit(
    session: Session, handover: Handover, result: TestResult, about: dict[str, Any], *, finish_s: float
) -> list[Refitted]:
    everything = _everything(session, result)
    budget = session.clock.budget_s
    until_s = float("inf") if budget is None else budget - 0.6 * finish_s
    parts = refit_members(session, handover.members, everything, until_s=until_s)
    trained = [part for part in parts if part.how != "kept"]
    if not trained:
        return []
    members = f"{len(trained)} of {len(handover.members)} members"
    note = f"{members} trained again, or further, on all {len(everything)} examples after the test"
    model = session.model(
        [r.member for r in parts], [r.weight for r in parts], [r.temperature for r in parts], handover.blend
    )
    model = replace(model, about={**about, "num_train": len(everything), "fit_on": note})
    if not _keeps_limits(session, model):
        return []
    save(model, session.folder.model)
    return trained


def _save_fast(session: Session, fast: Fast, result: TestResult) -> None:
    assert result.fast is not None
    line = result.fast
    test = {"score": line.score, "low": line.low, "high": line.high, "n": line.n, "opened": result.openings}
    note = f"what the {fast.teacher} says of the training examples; the figures are of exactly these weights"
    about = {**fast.model.about, "test": test, "fit_on": note}
    save(replace(fast.model, about=about), session.folder.fast_model)


def _keeps_limits(session: Session, model: Model) -> bool:
    """A model that was trained again is one part instead of several, but trees may have grown."""
    options = session.options
    if options.max_latency_s is None and options.max_size_bytes is None:
        return True
    data = session.prepared.data.take(session.arena.evaluated)
    fits = within(session, costs_of_model(model, data, seconds=MEASURE_S, scratch=session.folder.cache))
    if not fits:
        session.observer.say("trained on all examples the model no longer keeps the limits; the tested one is kept")
    return fits


def _everything(session: Session, result: TestResult) -> Dataset:
    """Every example of the source, the opened test among them when it is a part of it."""
    data = session.prepared.data
    return joined(data, result.data) if share_storage(data, result.data) else data
