"""From measured candidates to the rows of the table, best first and failures last."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from whet.comparing.differences import Difference, best_of, from_best
from whet.comparing.measured import Measured
from whet.comparing.memory import NONE
from whet.comparing.wording import advice
from whet.evaluation.intervals import score_interval
from whet.improving.arena import Arena
from whet.improving.clock import Clock
from whet.improving.environment import environment
from whet.improving.options import Options
from whet.improving.prepare import Prepared
from whet.report.comparison import ComparisonData, ComparisonRow

__all__ = ["tabulate"]


def tabulate(
    found: Sequence[Measured],
    prepared: Prepared,
    arena: Arena,
    options: Options,
    *,
    clock: Clock,
    limit_s: float,
    command: str,
) -> ComparisonData:
    """Scores, differences, costs and words."""
    import torch

    metric = prepared.metric
    rows = _rows(found, prepared, arena, seed=options.seed)
    repeats = max((len(m.scores) for m in found), default=0)
    return ComparisonData(
        title=prepared.data.origin,
        task=prepared.task.name,
        modality=str(prepared.task.modality),
        metric=metric.name,
        metric_title=metric.title,
        metric_why=prepared.metric_why,
        higher_is_better=metric.higher_is_better,
        unit=metric.unit,
        scored_on="a fixed validation part"
        if arena.num_parts == 1
        else f"{arena.num_parts}-fold out-of-fold predictions",
        num_scored=len(arena.truth),
        num_train=arena.num_train,
        num_sealed=prepared.sealed.num,
        num_repeats=repeats,
        num_parts=arena.num_parts,
        limit_s=limit_s,
        budget_s=float(options.budget_s or 0.0),
        seconds=clock.elapsed(),
        seed=options.seed,
        memory_how=next((m.memory.how for m in found if m.memory.how != NONE), NONE),
        rows=rows,
        advice=advice(rows, unit=metric.unit, metric_title=metric.title, num_parts=arena.num_parts),
        environment=environment(device=options.device, num_threads=torch.get_num_threads()),
        command=command,
    )


def _rows(found: Sequence[Measured], prepared: Prepared, arena: Arena, *, seed: int) -> tuple[ComparisonRow, ...]:
    whole = [m for m in found if m.cause is None]
    failed = tuple(_names(m, cause=m.cause) for m in found if m.cause is not None)
    if not whole:
        return failed
    stacks = [np.stack(m.scores) for m in whole]
    metric, truth = prepared.metric, arena.truth
    best = best_of(metric, truth, stacks)
    differences = from_best(
        metric,
        truth,
        stacks,
        best,
        clusters=arena.clusters,
        folds=arena.fold_ids(max(len(s) for s in stacks)),
        seed=seed,
    )
    rows = [
        _row(m, stack, prepared, arena, difference, is_best=i == best, seed=seed)
        for i, (m, stack, difference) in enumerate(zip(whole, stacks, differences, strict=True))
    ]
    sign = -1.0 if metric.higher_is_better else 1.0
    return (*sorted(rows, key=lambda r: (not r.is_best, sign * (r.score or 0.0))), *failed)


def _names(measured: Measured, *, cause: str | None) -> ComparisonRow:
    candidate = measured.candidate
    return ComparisonRow(
        family=candidate.family,
        architecture=candidate.architecture,
        title=candidate.title,
        recipe=candidate.recipe.to_dict(),
        cause=cause,
    )


def _row(
    measured: Measured,
    stack: np.ndarray,
    prepared: Prepared,
    arena: Arena,
    difference: Difference | None,
    *,
    is_best: bool,
    seed: int,
) -> ComparisonRow:
    metric, candidate = prepared.metric, measured.candidate
    # the mean over repeats of the score and of both ends: a repeat's interval says what other examples would change
    value, low, high = np.mean(
        [score_interval(metric, arena.truth, s, clusters=arena.clusters, seed=seed) for s in stack], axis=0
    ).tolist()
    return ComparisonRow(
        family=candidate.family,
        architecture=candidate.architecture,
        title=candidate.title,
        recipe=candidate.recipe.to_dict(),
        score=value,
        low=low,
        high=high,
        scores=tuple(float(metric.compute(arena.truth, s)) for s in stack),
        is_best=is_best,
        difference=difference.value if difference else None,
        difference_low=difference.low if difference else None,
        difference_high=difference.high if difference else None,
        p=difference.p if difference else None,
        is_apart=difference.is_apart if difference else None,
        train_s=float(np.mean(measured.seconds)),
        num_trainings=len(measured.seconds),
        num_parameters=measured.num_parameters,
        predict_ms={str(batch): ms for batch, ms in measured.predict_ms.items()},
        memory_mb=measured.memory.rise_mb,
        epochs=None if candidate.is_estimator else float(np.mean(measured.epochs)),
        planned_epochs=None if candidate.is_estimator else candidate.recipe.length.epochs,
        ended_by_clock=measured.ended_by_clock,
    )
