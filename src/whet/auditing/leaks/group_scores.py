"""The score by chance split beside the score on groups never seen: the difference is what the groups flatter by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from whet.auditing.inspection import Inspection
from whet.auditing.quick import Quick, fit_scores
from whet.auditing.vectors import raw_vectors
from whet.data.clusters import components
from whet.data.near.vectors import equal_pairs
from whet.data.splits import folds
from whet.errors import CannotJudgeError, ConfigError, DataError, TrainingFailedError
from whet.evaluation.intervals import Interval, gain_interval, score_interval
from whet.finding import Cost

__all__ = ["GroupScores", "group_scores"]

FOLDS = 5
TREES = 200

Parts = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, kw_only=True)
class GroupScores:
    """Both scores of one model, and what lies between them."""

    title: str
    mixed: Interval  # groups on both sides
    apart: Interval  # every group on one side
    flattery: Cost


def group_scores(inspection: Inspection, codes: np.ndarray) -> GroupScores:
    """Folds that mix the groups ``codes`` (N,) against folds that keep them apart, as many of the same size.

    Raises CannotJudgeError where no model can be trained, or the groups do not fill two folds.
    """
    if inspection.target is None:
        raise CannotJudgeError("there is no target to learn")
    quick = _quick(inspection)
    positions = inspection.vectors.positions if quick is None else quick.positions
    groups = np.unique(codes[positions], return_inverse=True)[1]
    copies = np.unique(components(inspection.pairs, len(inspection.data))[positions], return_inverse=True)[1]
    together = components(np.concatenate([equal_pairs(groups), equal_pairs(copies)]), len(positions))
    num_folds = min(FOLDS, len(np.unique(together)))
    some, seed = inspection.data.take(positions), inspection.seed
    try:
        mixed, apart = (folds(some, c, num_folds=num_folds, repeats=1, seed=seed) for c in (copies, together))
        title, scores = _scored(inspection, quick, positions, [mixed, apart])
    except (DataError, ConfigError) as fault:
        raise CannotJudgeError(f"the score by group could not be measured: {fault}") from fault
    truth, metric = inspection.truth[positions], inspection.metric
    found = gain_interval(metric, truth, scores[0], scores[1], clusters=groups, seed=seed)
    return GroupScores(
        title=title,
        mixed=score_interval(metric, truth, scores[0], clusters=groups, seed=seed),
        apart=score_interval(metric, truth, scores[1], clusters=groups, seed=seed),
        flattery=Cost(
            meaning="flattery",
            value=found.value,
            low=found.low,
            high=found.high,
            how=f"{title} in {num_folds} folds that mix groups and that keep them apart, {len(positions):,} examples",
        ),
    )


def _quick(inspection: Inspection) -> Quick | None:
    try:
        return inspection.quick
    except (ConfigError, DataError, CannotJudgeError, TrainingFailedError):
        return None


def _scored(
    inspection: Inspection, quick: Quick | None, positions: np.ndarray, splits: list[Parts]
) -> tuple[str, list[np.ndarray]]:
    """The quick model where it can be trained, else trees on the plain features."""
    if quick is not None and inspection.stopwatch.left() < 2.4 * quick.seconds:
        raise CannotJudgeError(f"measuring takes about {2 * quick.seconds:.0f} s; too little time is left")
    some = inspection.data.take(positions)
    if quick is not None:
        try:
            return quick.title, [fit_scores(inspection, some, quick.recipe, parts) for parts in splits]
        except TrainingFailedError:  # without whole groups it may lack what it needs
            pass
    lines = np.searchsorted(inspection.vectors.positions, positions)
    is_described = np.isin(positions, inspection.vectors.positions).all()
    values = inspection.vectors.values[lines] if is_described else raw_vectors(some)
    truth = inspection.truth[positions]
    return "trees on plain features", [_by_trees(inspection, values, truth, parts) for parts in splits]


def _by_trees(inspection: Inspection, values: np.ndarray, truth: np.ndarray, parts: Parts) -> np.ndarray:
    assert inspection.target is not None
    scores = np.zeros((len(truth), inspection.target.num_outputs))
    for train, held in parts:
        if inspection.is_number:
            forest = ExtraTreesRegressor(TREES, random_state=0).fit(values[train], truth[train])
            scores[held, 0] = forest.predict(values[held])
        else:
            trees = ExtraTreesClassifier(TREES, random_state=0).fit(values[train], truth[train])
            scores[np.ix_(held, trees.classes_)] = trees.predict_proba(values[held])
    return scores
