"""Judge the labels of the examples under audit, or of any others, such as the training part of a fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.auditing.inspection import Inspection
from whet.auditing.labels.confident import LabelNoise, estimate_noise
from whet.auditing.labels.cut import cut_at
from whet.auditing.labels.opinions import neighbours_opinion, second_opinion
from whet.auditing.labels.remembering import examples_key
from whet.auditing.leaks.families import families_of
from whet.auditing.quick import FEWEST, held_out_scores, recipe_for
from whet.auditing.treatment import Ground
from whet.data.dataset import Dataset
from whet.data.splits import folds

__all__ = ["Suspects", "judge", "judge_inspected", "suspects"]

MOST_S = 90.0  # of the second opinion
FOLDS = 3  # of the examples that a treatment judges, inside each fold of a run
FEWEST_KNOWN = 5  # examples of a class that are recognised; with fewer the model knows too little of the class
LEAST_KNOWN = 0.1  # the same as a share of those labelled so


@dataclass(frozen=True, kw_only=True)
class Suspects:
    """The labels that look wrong, the surest first."""

    lines: np.ndarray  # (S,) into the examples judged
    suggested: np.ndarray  # (S,) class codes
    wrong: np.ndarray  # (S,) probability that the given label is wrong
    certainty: np.ndarray  # (S,) probability that the suggested one is right

    @property
    def precision(self) -> float:
        """How many of them are expected to be wrong indeed, as a share."""
        return float(self.wrong.mean()) if len(self.wrong) else 0.0


def judge_inspected(inspection: Inspection) -> LabelNoise:
    """The labels of the examples that the quick model predicted. Raises CannotJudgeError where there is none."""
    quick, target = inspection.quick, inspection.target
    assert target is not None
    some = inspection.data.take(quick.positions)
    seconds = max(5.0, min(MOST_S, 0.3 * inspection.stopwatch.left()))
    metric = inspection.metric.name
    further = second_opinion(some, target, quick.parts, metric=metric, seconds=seconds, seed=inspection.seed)
    near = neighbours_opinion(some, quick.truth, quick.clusters, num_classes=target.num_outputs)
    return estimate_noise([quick.scores, *further, *near], quick.truth)


def judge(data: Dataset, ground: Ground) -> LabelNoise | None:
    """The labels of ``data``, by models trained within it; None where there are too few to say anything."""
    if data.target is None or ground.target.kind != "classes" or len(data) < FEWEST:
        return None
    key = f"label noise {examples_key(data, str(ground.seed), *ground.target.labels)}"
    if key not in ground.memory:
        ground.memory[key] = _judged(data, ground)
    found: LabelNoise = ground.memory[key]
    return found


def suspects(noise: LabelNoise, *, precision: float) -> Suspects:
    """Cut so that the expected share of wrong labels among them stays at or above ``precision``."""
    wrong = noise.wrong.copy()
    wrong[~_known_classes(noise)[noise.given]] = 0.0
    lines = cut_at(wrong, precision=precision)
    suggested = noise.suggested[lines]
    return Suspects(lines=lines, suggested=suggested, wrong=wrong[lines], certainty=noise.posterior[lines, suggested])


def _known_classes(noise: LabelNoise) -> np.ndarray:
    """(K,) bool: the classes of which enough examples are recognised to say that others do not belong."""
    num_classes = noise.probs.shape[1]
    right = noise.given[noise.probs.argmax(axis=1) == noise.given]
    recognised = np.bincount(right, minlength=num_classes)
    sizes = np.bincount(noise.given, minlength=num_classes)
    return np.asarray((recognised >= FEWEST_KNOWN) & (recognised >= LEAST_KNOWN * sizes))


def _judged(data: Dataset, ground: Ground) -> LabelNoise:
    assert data.target is not None
    target, given = ground.target, ground.target.encode(data.target)
    clusters = families_of(data, ground)
    parts = folds(data, clusters, num_folds=FOLDS, repeats=1, seed=ground.seed)
    limit = 0.7 * ground.seconds / len(parts)
    recipe = recipe_for(data, target, metric=ground.metric, seconds=limit, seed=ground.seed)
    scores = held_out_scores(data, target, recipe, parts, metric=ground.metric)
    further = second_opinion(data, target, parts, metric=ground.metric, seconds=0.3 * ground.seconds, seed=ground.seed)
    near = neighbours_opinion(data, given, clusters, num_classes=target.num_outputs)
    return estimate_noise([scores, *further, *near], given)
