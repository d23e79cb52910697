"""Explain some predictions of the handed-over model on the opened test, for the report, inside a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from whet.bundle.model import Model
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.explaining import explain, permutation_importance
from whet.improving.testing import TestResult
from whet.rng import make_numpy_generator
from whet.tasks.target import Target

__all__ = ["chosen_examples", "explained", "explaining_seconds"]

WRONG, RIGHT = 3, 3  # examples


def explaining_seconds(budget_s: float | None) -> float:
    """What explanations may take of a run.

    >>> explaining_seconds(60.0), explaining_seconds(600.0), explaining_seconds(None)
    (1.2, 12.0, 20.0)
    """
    return 20.0 if budget_s is None else min(20.0, 0.02 * budget_s)


def explained(
    model: Model, result: TestResult, *, seed: int, seconds: float, now: Callable[[], float] = time.perf_counter
) -> dict[str, Any]:
    """The fields ``explanations`` and ``importance`` of the report's data; what there is no time for is left out."""
    until = now() + seconds
    importance = []
    if result.data.schema.modality is Modality.TABLE and len(result.data) > 1:
        found = permutation_importance(model, result.data, seconds=seconds / 2, seed=seed, now=now)
        importance = [column.to_dict() for column in found]
    rows = chosen_examples(model.target, result.truth, model.blend.decide(result.scores), seed=seed)
    shown = explain(model, result.data, rows=rows, seconds=until - now(), seed=seed, now=now)
    try:
        attended = explain(
            model, result.data, rows=rows[: len(shown)], method="attention", seconds=until - now(), seed=seed, now=now
        )
    except ConfigError:  # no member of the model attends to anything
        attended = []
    return {"explanations": [each.to_dict() for each in [*shown, *attended]], "importance": importance}


def chosen_examples(target: Target, truth: np.ndarray, scores: np.ndarray, *, seed: int) -> list[int]:
    """Positions: the most confident mistakes (largest errors) first, then some drawn of those that are right (close).

    ``scores``: (N, K), as decided upon.
    """
    if target.kind == "number":
        error = np.abs(scores[:, 0] - truth)
        order = np.argsort(-error, kind="stable")
        wrong, right = order[: len(order) // 2], order[len(order) // 2 :]
    else:
        is_wrong = scores.argmax(axis=1) != truth
        confidence = scores.max(axis=1)
        wrong, right = np.flatnonzero(is_wrong), np.flatnonzero(~is_wrong)
        wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    generator = make_numpy_generator(seed, "explained examples")
    drawn = generator.choice(right, min(RIGHT, len(right)), replace=False)
    return [int(i) for i in [*wrong[:WRONG], *drawn]]
