"""An outcome from a trained copy: scores on validation batches beside scores on training batches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.ordinary_loop import Stretch
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.probes.batches import Batches, batches
from whet.diagnosis.probes.goal import Goal
from whet.diagnosis.probes.pace import affordable
from whet.diagnosis.probes.predictions import predictions
from whet.diagnosis.setup import Setup
from whet.evaluation.metric import metrics

__all__ = ["examinable", "examine"]


def examinable(case: Case) -> Batches:
    """The batches with as many of validation, and of training beside them, as can be predicted in the time left."""
    given = case.ask(batches)
    num = affordable(case, most=len(given.valid), fewest=min(1, len(given.valid)), share=0.5, each=2.0, whole=True)
    return replace(given, valid=given.valid[:num])


def examine(setup: Setup, goal: Goal, given: Batches, stretch: Stretch) -> Outcome | None:
    """None without validation batches."""
    if not given.valid:
        return None
    metric = metrics[goal.metric]
    train_truth, train_scores, _ = predictions(setup, goal, given.first[: len(given.valid)])
    truth, scores, _ = predictions(setup, goal, given.valid)
    counts = np.bincount(train_truth, minlength=scores.shape[1]) if goal.metric == "accuracy" else ()
    return Outcome(
        kind="numbers" if goal.kind == "numbers" else "classes",
        metric=goal.metric,
        higher_is_better=metric.higher_is_better,
        truth=truth,
        scores=scores,
        valid_score=float(metric.compute(truth, scores)),
        train_score=float(metric.compute(train_truth, train_scores)),
        train_truth=train_truth,
        train_scores=train_scores,
        labels=tuple(str(k) for k in range(scores.shape[1])) if goal.kind != "numbers" else (),
        class_counts=tuple(int(c) for c in counts),
        epochs=stretch.epochs,
        is_final=not stretch.ended_by_clock,
    )
