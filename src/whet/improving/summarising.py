"""RUN/summary.json: the result for other programs."""

from __future__ import annotations

from typing import Any

import torch

from whet.improving.environment import environment
from whet.improving.selecting import Selected
from whet.improving.session import Session
from whet.improving.testing import TestResult
from whet.improving.weighing_up import front_rows

__all__ = ["fast_figures", "front_figures", "summary_of"]


def summary_of(
    session: Session,
    result: TestResult | None,
    test: dict[str, Any] | None,
    num_refitted: int,
    selected: Selected | None = None,
) -> dict[str, Any]:
    """Plain values; docs/contracts.md says what each means."""
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
        "costs": None if selected is None else _costs(session, selected),
        "fast": None if selected is None else fast_figures(selected, result),
        "seconds": session.clock.elapsed(),
        "budget": session.clock.budget_s,
        "memory": _memory(session),
        "seed": session.options.seed,
        "environment": environment(device=session.options.device, num_threads=torch.get_num_threads()),
    }


def _costs(session: Session, selected: Selected) -> dict[str, Any] | None:
    """Of the tested model, on this machine; None where no time was left to measure them."""
    row = next((row for row in front_figures(session, selected) if row["chosen"]), None)
    if row is None:
        return None
    limits = {"max_latency_s": session.options.max_latency_s, "max_size_bytes": session.options.max_size_bytes}
    return {"latency_ms": row["latency_ms"], "size_bytes": row["size_bytes"], **limits, "fits": row["fits"]}


def _memory(session: Session) -> dict[str, Any] | None:
    """Bytes; None where the system does not tell."""
    if session.memory is None or not session.memory.held_bytes:
        return None
    taken = session.memory
    return {"limit": session.options.memory, "held": taken.held_bytes, "resident": taken.resident_bytes}


def _tested(result: TestResult | None, which: str) -> dict[str, Any]:
    return {} if result is None else {"test_score": getattr(result, which).score}


def fast_figures(selected: Selected, result: TestResult | None) -> dict[str, Any] | None:
    """What the fast model costs in score and gains in time, as plain values."""
    fast = selected.fast
    if fast is None or result is None or result.fast is None or result.fast_cost is None:
        return None
    line = result.fast
    return {
        "name": fast.trial.title,
        "architecture": fast.trial.recipe.architecture,
        "teacher": fast.teacher,
        "valid_score": fast.trial.score,
        "test": {"score": line.score, "low": line.low, "high": line.high, "n": line.n, "opened": result.openings},
        "difference": dict(zip(("gain", "low", "high"), result.fast_cost, strict=True)),
        "latency_ms": {str(n): v for n, v in fast.costs.latency_ms.items()},
        "size_bytes": fast.costs.size_bytes,
        "teacher_latency_ms": {str(n): v for n, v in fast.teacher_costs.latency_ms.items()},
        "teacher_size_bytes": fast.teacher_costs.size_bytes,
    }


def front_figures(session: Session, selected: Selected) -> list[dict[str, Any]]:
    """What could have been handed over."""
    higher = session.prepared.metric.higher_is_better
    return front_rows(selected.candidates, selected.handover, higher_is_better=higher)
