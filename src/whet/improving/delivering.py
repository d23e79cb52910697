"""Hand over: bundle, summary and report."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import torch

from whet.bundle.save import save
from whet.data.dataset import Dataset
from whet.data.join import joined, share_storage
from whet.files import write_json
from whet.improving.allowing import allowing_for_retraining
from whet.improving.blending import Handover
from whet.improving.environment import environment
from whet.improving.explaining import explained, explaining_seconds
from whet.improving.refitting import refit_members
from whet.improving.reporting import report_data
from whet.improving.session import Session
from whet.improving.testing import TestResult, validation_result
from whet.improving.trials import Weighted
from whet.report.write import write_report

__all__ = ["deliver", "deliver_stopped"]


def deliver(session: Session, handover: Handover, result: TestResult, *, finish_s: float) -> None:
    """Save the tested model, then the same trained on every example where time allows; write summary and report."""
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
    with session.clock.step("training on all examples"):
        num_refitted = _refit(session, handover, result, about, finish_s=finish_s)
    if num_refitted:
        low, high = allowing_for_retraining(
            session.prepared.metric,
            result.after.score,
            result.after.low,
            result.after.high,
            tested_on=session.arena.num_train,
            delivered_on=len(_everything(session, result)),
            seed_std=session.noise.std or 0.0,
        )
        test = {**test, "low": low, "high": high}
    with session.clock.step("report"):
        data = report_data(session, handover.members, result)
        seconds = explaining_seconds(session.clock.budget_s)
        data = replace(data, **explained(tested, result, seed=session.options.seed, seconds=seconds))
        write_json(session.folder.report_data, asdict(data))
        write_report(data, session.folder.report)
    write_json(session.folder.summary, _summary(session, result, test, num_refitted))


def deliver_stopped(session: Session) -> None:
    """A summary of an interrupted run: validation figures only. The page is left to ``whet report``, to be quick."""
    write_json(session.folder.summary, _summary(session, None, None, 0))
    result = validation_result(session)
    if result is not None and session.best is not None:
        write_json(session.folder.report_data, asdict(report_data(session, (Weighted(trial=session.best),), result)))


def _refit(session: Session, handover: Handover, result: TestResult, about: dict[str, Any], *, finish_s: float) -> int:
    everything = _everything(session, result)
    budget = session.clock.budget_s
    until_s = float("inf") if budget is None else budget - 0.6 * finish_s
    again, refitted = refit_members(session, handover.members, everything, until_s=until_s)
    if not refitted:
        return 0
    note = (
        f"{refitted} of {len(handover.members)} members trained again on all {len(everything)} examples after the test"
    )
    model = session.model(
        [r.member for r in again], [r.weight for r in again], [r.temperature for r in again], handover.blend
    )
    model = replace(model, about={**about, "num_train": len(everything), "fit_on": note})
    save(model, session.folder.model)
    return refitted


def _everything(session: Session, result: TestResult) -> Dataset:
    """Every example of the source, the opened test among them when it is a part of it."""
    data = session.prepared.data
    return joined(data, result.data) if share_storage(data, result.data) else data


def _summary(
    session: Session, result: TestResult | None, test: dict[str, Any] | None, num_refitted: int
) -> dict[str, Any]:
    prepared, best = session.prepared, session.best

    def trial(which: Any) -> dict[str, Any] | None:
        if which is None:
            return None
        return {"name": which.title, "valid_score": which.score, "architecture": which.recipe.architecture}

    return {
        "version": 1,
        "status": "done" if result is not None else "stopped",
        "task": prepared.task.name,
        "origin": prepared.data.origin,
        "metric": prepared.metric.name,
        "direction": "maximize" if prepared.metric.higher_is_better else "minimize",
        "baseline": trial(session.baseline) and {**(trial(session.baseline) or {}), **_tested(result, "before")},
        "best": trial(best) and {**(trial(best) or {}), **_tested(result, "after")},
        "test": test,
        "tested_interval": None if result is None else [result.after.low, result.after.high],
        "gain": None if result is None or result.gain is None else dict(zip(("gain", "low", "high"), result.gain)),
        "adopted": session.adopted,
        "refitted_members": num_refitted,
        "seconds": session.clock.elapsed(),
        "budget": session.clock.budget_s,
        "seed": session.options.seed,
        "environment": environment(device=session.options.device, num_threads=torch.get_num_threads()),
    }


def _tested(result: TestResult | None, which: str) -> dict[str, Any]:
    return {} if result is None else {"test_score": getattr(result, which).score}
