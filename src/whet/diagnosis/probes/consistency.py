"""Do simple models find the training labels as easy to predict as the validation labels?

A simple model is fitted to parts of the training examples and predicts the others, and the validation examples; and the
same within the validation examples. Where labels are wrong in training only, it predicts validation far better than the
training examples it did not see; where they are wrong altogether, validation can be learnt from validation alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from whet.diagnosis.case import Case
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.inputs import inputs
from whet.errors import CannotJudgeError

__all__ = ["Consistency", "consistency"]

FEWEST = 100  # examples of each part
FOLDS = 4
LEAST_S = 2.0
MOST = 2_000


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """Errors on examples that were not fitted to, as shares of a constant answer's: 1 is no better, 0 is perfect."""

    training: float  # cross-validated
    validation: float  # fitted to training examples
    within: float  # cross-validated among validation examples alone
    error: float  # standard error of a difference between them
    rates: tuple[float, float, float]  # the same as error rates (classes) or mean squared errors
    is_number: bool


def consistency(case: Case) -> Consistency:
    """Of the model that predicts validation examples best, by whatever it was fitted to."""
    kind, given = case.ask(goal), case.ask(inputs)
    if min(len(given.train_truth), len(given.valid_truth)) < FEWEST or len(np.unique(given.train_truth)) < 2:
        raise CannotJudgeError(f"needs {FEWEST} examples of each part")
    if case.left_s() < LEAST_S:
        raise CannotJudgeError("the time was used up; give a larger budget")
    is_number = kind.kind == "numbers"
    train = (given.train[:MOST], given.train_truth[:MOST])
    valid = (given.valid[:MOST], given.valid_truth[:MOST])
    found = []
    for model in _models(is_number):
        across = _errors(model.fit(*train).predict(valid[0]), valid[1], is_number)
        inside, outside = _crossed(model, valid, is_number), _crossed(model, train, is_number)
        found.append((outside, across, inside))
    outside, across, inside = min(found, key=lambda errors: float(min(errors[1].mean(), errors[2].mean())))
    bases = [_trivial(part[1], is_number) for part in (train, valid)]
    each = [float(e.var() / len(e)) for e in (outside, across)]
    return Consistency(
        training=float(outside.mean()) / bases[0],
        validation=float(across.mean()) / bases[1],
        within=float(inside.mean()) / bases[1],
        error=float(np.sqrt(sum(each))) / min(bases) + 1 / min(len(outside), len(across)),
        rates=(float(outside.mean()), float(across.mean()), float(inside.mean())),
        is_number=is_number,
    )


def _models(is_number: bool) -> list[Any]:
    if is_number:
        trees: Any = ExtraTreesRegressor(40, min_samples_leaf=2, random_state=0, n_jobs=1)
        return [make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 5, 9))), trees]
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=100))
    return [linear, ExtraTreesClassifier(40, min_samples_leaf=2, random_state=0, n_jobs=1)]


def _crossed(model: Any, part: tuple[np.ndarray, np.ndarray], is_number: bool) -> np.ndarray:
    predicted = cross_val_predict(model, *part, cv=KFold(FOLDS, shuffle=True, random_state=0))
    return _errors(predicted, part[1], is_number)


def _errors(predicted: np.ndarray, truth: np.ndarray, is_number: bool) -> np.ndarray:
    if is_number:
        return np.asarray(np.square(predicted - truth), dtype=np.float64)
    return np.asarray(predicted != truth, dtype=np.float64)


def _trivial(truth: np.ndarray, is_number: bool) -> float:
    """Mean error of a constant answer."""
    wrong = float(np.var(truth)) if is_number else 1 - float(np.unique(truth, return_counts=True)[1].max() / len(truth))
    return max(wrong, 1e-12)
