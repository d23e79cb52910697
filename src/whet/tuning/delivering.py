"""Hand over a tuned model: bundle, summary and page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from whet.bundle.save import save
from whet.files import write_json
from whet.improving.environment import environment
from whet.report.tuning import TunedField, TunedTrial, TuningData, write_tuning
from whet.search.dimension import Choice, Dimension, Real, Whole, label
from whet.search.fidelity import rank_correlation
from whet.search.fields import value_of
from whet.search.importance import importance
from whet.search.storage import without_password
from whet.search.tried import Tried
from whet.tuning.final import Compared, TunedTest, winner_of
from whet.tuning.session import TuningSession

__all__ = ["deliver_tuned", "deliver_unfinished"]


def deliver_tuned(session: TuningSession, compared: Compared, result: TunedTest, *, ended: str) -> None:
    """Write the figures of the test into the model's bundle, then page and summary."""
    after = result.after
    test = {"score": after.score, "low": after.low, "high": after.high, "n": after.n, "opened": result.openings}
    model = session.model(compared.chosen)
    about = {**model.about, "test": test, "fit_on": "the training part; the figures are of exactly these weights"}
    save(replace(model, about=about), session.folder.model)
    data = _data(session, compared, result, ended=ended)
    write_json(session.folder.report_data, data.to_dict())
    with session.clock.step("report"):
        write_tuning(data, session.folder.report)
    write_json(session.folder.summary, _summary(session, data, compared, result, test))


def deliver_unfinished(session: TuningSession) -> None:
    """A summary of a tuning that was stopped, without a test; the page is left to ``whet report``, to be quick."""
    assert session.start is not None
    assert session.best is not None
    winner = winner_of(session)
    compared = Compared(
        winner=winner,
        verdict=None,
        reason="the tuning was stopped before winner and start could be compared",
        chosen=session.best,
        is_start=session.best.key == session.start.key,
    )
    data = _data(session, compared, None, ended="it was stopped")
    write_json(session.folder.report_data, data.to_dict())
    write_json(session.folder.summary, _summary(session, data, compared, None, None))


def _data(session: TuningSession, compared: Compared, result: TunedTest | None, *, ended: str) -> TuningData:
    prepared, arena, history = session.prepared, session.arena, session.study.history()
    assert session.start is not None
    winner = compared.winner
    numbers = {t.number: place for place, t in enumerate(history, start=1)}
    state = session.folder.state()
    return TuningData(
        title=prepared.data.origin,
        task=prepared.task.name,
        method=session.method.title + (f" ({session.tuning.sampler})" if session.tuning.method == "bayesian" else ""),
        metric=prepared.metric.name,
        metric_title=prepared.metric.title,
        higher_is_better=prepared.metric.higher_is_better,
        unit=prepared.metric.unit,
        scored_on="a fixed validation part"
        if arena.num_parts == 1
        else f"{arena.num_parts}-fold out-of-fold predictions",
        num_scored=len(arena.truth),
        num_sealed=prepared.sealed.num,
        trials=tuple(_trial(t, numbers[t.number]) for t in history),
        fields=_fields(session, history, winner),
        fidelity=session.tuning.fidelity,
        looks=session.looks.kind.title,
        share_of=session.looks.kind.share_of,
        correlation=tuple(rank_correlation(history)),
        start_score=session.start.score,
        best_score=None if winner is None else winner.score,
        best_trial=None if winner is None else numbers[winner.number],
        fresh=compared.fresh,
        fresh_start=compared.fresh_start,
        verdict=None if compared.verdict is None else str(compared.verdict),
        reason=compared.reason,
        gain=compared.gain,
        p=compared.p,
        is_start=compared.is_start,
        before=None if result is None else result.before,
        after=None if result is None else result.after,
        test_gain=None if result is None else result.gain,
        ended=ended,
        recipe=compared.chosen.recipe.to_dict(),
        storage=without_password(session.tuning.storage or "study.sqlite in the run folder"),
        seconds=session.clock.elapsed(),
        budget_s=session.clock.budget_s,
        seed=session.options.seed,
        timings=tuple((name, round(seconds, 2)) for name, seconds in session.clock.timings),
        environment=environment(device=session.options.device, num_threads=torch.get_num_threads()),
        command=str(state["command"]),
    )


def _trial(tried: Tried, number: int) -> TunedTrial:
    return TunedTrial(
        number=number,
        values=_shown(tried.values),
        state=tried.state,
        fidelity=tried.fidelity,
        score=tried.score,
        seconds=round(tried.seconds, 3),
        curve=tuple((float(p), s) for p, s in sorted(tried.curve.items())),
        is_duplicate=tried.duplicate_of is not None,
        cause=tried.cause,
    )


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as they are, everything else as its label."""
    is_number = {n: isinstance(v, int | float) and not isinstance(v, bool) for n, v in values.items()}
    return {name: value if is_number[name] else label(value) for name, value in values.items()}


def _fields(session: TuningSession, history: Sequence[Tried], winner: Tried | None) -> tuple[TunedField, ...]:
    space = session.setup.space
    shares = importance(space, history, seed=session.options.seed)
    return tuple(
        TunedField(
            name=name,
            when=_when(dimension),
            start=label(value_of(session.base, name)),
            best="" if winner is None or name not in winner.values else label(winner.values[name]),
            importance=shares.get(name),
            **_range(dimension),
        )
        for name, dimension in space.dimensions.items()
    )


def _range(dimension: Dimension) -> dict[str, Any]:
    if isinstance(dimension, Choice):
        return {"kind": "choice", "values": tuple(label(v) for v in dimension.values)}
    assert isinstance(dimension, Real | Whole)
    kind = "real" if isinstance(dimension, Real) else "whole"
    return {"kind": kind, "low": dimension.low, "high": dimension.high, "log": dimension.log}


def _when(dimension: Dimension) -> str:
    parts = [f"{name} is {' or '.join(label(v) for v in values)}" for name, values in dimension.when.items()]
    return " and ".join(parts)


def _summary(
    session: TuningSession,
    data: TuningData,
    compared: Compared,
    result: TunedTest | None,
    test: dict[str, Any] | None,
) -> dict[str, Any]:
    start, chosen = session.start, compared.chosen
    assert start is not None
    tested = {} if result is None else {"test_score": result.before.score}
    reached = {} if result is None else {"test_score": result.after.score}
    states = [t.state for t in data.trials]
    return {
        "version": 1,
        "kind": "tuning",
        "status": "done" if result is not None else "stopped",
        "task": data.task,
        "origin": data.title,
        "metric": data.metric,
        "direction": "maximize" if data.higher_is_better else "minimize",
        "baseline": {"name": "start", "architecture": session.base.architecture, "valid_score": start.score, **tested},
        "best": {
            "name": chosen.title,
            "architecture": chosen.recipe.architecture,
            "valid_score": chosen.score,
            **reached,
        },
        "test": test,
        "tested_interval": None if result is None else [result.after.low, result.after.high],
        "gain": None if result is None or result.gain is None else dict(zip(("gain", "low", "high"), result.gain)),
        "adopted": ["tuning"] if data.verdict == "adopted" else [],
        "refitted_members": 0,
        "seconds": session.clock.elapsed(),
        "budget": session.clock.budget_s,
        "seed": session.options.seed,
        "environment": dict(data.environment),
        "tuning": {
            "method": session.tuning.method,
            "fidelity": session.tuning.fidelity,
            "trials": len(states),
            **{state: states.count(state) for state in ("complete", "pruned", "failed")},
            "duplicates": sum(t.is_duplicate for t in data.trials),
            "ended": data.ended,
            "winner": None if compared.winner is None else _shown(compared.winner.values),
            "winner_valid_score": data.best_score,
            "verdict": data.verdict,
            "reason": data.reason,
            "fresh_seeds": len(data.fresh),
            "fresh_gain": None if data.gain is None else dict(zip(("gain", "low", "high"), data.gain)),
            "importance": {f.name: f.importance for f in data.fields if f.importance is not None},
            "rank_correlation": [dict(row) for row in data.correlation],
            "storage": data.storage,
        },
    }
