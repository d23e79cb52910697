"""Gather what the report shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from whet.improving.environment import environment
from whet.improving.mistakes import confident_mistakes
from whet.improving.session import Session
from whet.improving.testing import TestResult
from whet.improving.trials import Weighted
from whet.ledger.entry import Verdict
from whet.report.data import ReportData

__all__ = ["next_steps", "report_data"]


def report_data(
    session: Session,
    members: Sequence[Weighted],
    result: TestResult,
    *,
    front: Sequence[Mapping[str, Any]] = (),
    fast: Mapping[str, Any] | None = None,
) -> ReportData:
    """Plain values, ready for JSON and for the page."""
    import torch

    prepared, state = session.prepared, session.folder.state()
    columns = [*prepared.schema.features, *prepared.schema.ignored]
    curved = {t.title: [asdict(p) for p in t.curve] for t in session.pool if t.curve and t.repeat == 0}
    return ReportData(
        title=prepared.data.origin,
        task=prepared.task.name,
        modality=str(prepared.task.modality),
        target_kind=prepared.target.kind,
        labels=prepared.target.labels,
        metric=prepared.metric.name,
        metric_title=prepared.metric.title,
        higher_is_better=prepared.metric.higher_is_better,
        unit=prepared.metric.unit,
        num_examples={"train": len(prepared.train), "valid": len(prepared.valid), "test": len(result.truth)},
        schema=[{"name": c.name, "kind": str(c.kind), "why": c.why} for c in columns],
        before=result.before,
        default=result.default,
        after=result.after,
        gain=result.gain,
        deep_wins=_deep_wins(session, result),
        test_openings=result.openings,
        ledger=session.book.ledger.rows(),
        findings=[asdict(f) for f in session.findings or session.audited],
        curves=curved,
        test_truth=[float(v) for v in result.truth],
        test_scores=[[round(float(v), 6) for v in row] for row in result.scores],
        scores_table=result.tables,
        mistakes=confident_mistakes(result.data, prepared.target, result.truth, result.scores),
        timings=[(name, round(seconds, 2)) for name, seconds in session.clock.timings],
        problems=[f"{p.where}: {p.what}" for p in prepared.data.problems],
        next_steps=next_steps(session, result),
        command=str(state["command"]),
        seed=session.options.seed,
        budget_seconds=session.clock.budget_s,
        seconds=session.clock.elapsed(),
        environment=environment(device=session.options.device, num_threads=torch.get_num_threads()),
        speed=session.default.speed if session.default else {},
        members=[
            {
                "title": m.trial.title,
                "weight": m.weight / (sum(each.weight for each in members) or 1.0),
                "parameters": m.trial.num_parameters,
                "valid_score": m.trial.score,
            }
            for m in members
        ],
        notes=[note for t in session.pool for note in t.notes],
        stopped=result.openings == 0,
        front=[dict(row) for row in front],
        fast=None if fast is None else dict(fast),
        limits={"latency_s": session.options.max_latency_s, "size_bytes": session.options.max_size_bytes},
    )


def next_steps(session: Session, result: TestResult) -> list[str]:
    """What a person could do now, from what was seen."""
    steps = [f.advice for f in session.findings if f.advice]
    hidden = [r for r in session.book.ledger.rows() if r["verdict"] == Verdict.NOT_VISIBLE]
    if hidden:
        steps.append(
            f"{len(hidden)} changes could not be judged with {len(session.arena.truth):,} examples; "
            "more labelled examples would make smaller gains visible."
        )
    if result.after.high - result.after.low > 0.04 and session.prepared.metric.unit == "fraction":
        steps.append(
            f"The interval on the test is {100 * (result.after.high - result.after.low):.0f} points wide; "
            f"a test set larger than {len(result.truth):,} examples would narrow it."
        )
    return list(dict.fromkeys(steps)) or ["Nothing stands out; a larger budget is the next thing to try."]


def _deep_wins(session: Session, result: TestResult) -> bool | None:
    if session.default is None:
        return None
    deep = [t for t in session.pool if t.curve]
    best = max(deep, key=lambda t: t.score if session.prepared.metric.higher_is_better else -t.score)
    return session.baseline is None or session.better(best.score, session.baseline.score)
