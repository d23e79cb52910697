"""What simple models make of the same batches: always the same answer, a linear model, bagged trees.

They see what the network sees, at its forward, and at most the batches that were kept: a network that does worse has a
fault, one that does better or as well may still have one.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from whet.diagnosis.case import Case
from whet.diagnosis.margins import errors_of
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.inputs import Inputs, inputs
from whet.errors import CannotJudgeError

__all__ = ["Baseline", "baseline"]

FEWEST = 20  # examples of each part
DIRECTIONS = 64  # principal ones for the linear model, where there are more columns
MOST_CLASSES = 60  # for a logistic regression; more take too long
LEAST_S = 1.0  # left, for a model to be tried


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Line i belongs to validation example i, in the order of the batches."""

    kind: str  # "classes" or "numbers"
    truth: np.ndarray  # (M,)
    trivial: np.ndarray  # (M, K) scores: the commonest class, or the mean
    linear: np.ndarray | None  # None: not tried
    trees: np.ndarray | None

    def errors(self, scores: np.ndarray | None) -> np.ndarray:
        """(M,), smaller is better."""
        return errors_of(self.kind, self.truth, self.trivial if scores is None else scores)

    def best(self, *, flexible: bool) -> tuple[str, np.ndarray]:
        """Name and scores of the best of them; ``flexible``: trees may be it."""
        known = {"always the same answer": self.trivial, "a linear model": self.linear}
        if flexible:
            known["bagged trees"] = self.trees
        return min(
            ((name, scores) for name, scores in known.items() if scores is not None),
            key=lambda pair: float(self.errors(pair[1]).mean()),
        )


def baseline(case: Case) -> Baseline:
    """Fit them on the training batches that were kept; a few seconds in all."""
    given, kind = case.ask(inputs), case.ask(goal)
    if min(len(given.train_truth), len(given.valid_truth)) < FEWEST:
        raise CannotJudgeError(f"needs {FEWEST} examples to train on and {FEWEST} to validate")
    if kind.kind == "numbers":
        mean = np.full((len(given.valid_truth), 1), given.train_truth.mean())
        models = (make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 5, 9))), _trees(ExtraTreesRegressor))
        linear, trees = (_fitted(case, model, given, 1) for model in models)
        return Baseline(kind="numbers", truth=given.valid_truth, trivial=mean, linear=linear, trees=trees)
    width = int(max(kind.num_outputs, 2, given.train_truth.max() + 1, given.valid_truth.max() + 1))
    counts = np.bincount(given.train_truth[given.train_truth >= 0], minlength=width)
    trivial = np.tile(counts / counts.sum(), (len(given.valid_truth), 1))
    linear = trees = None
    if np.count_nonzero(counts) > 1 and given.train_truth.min() >= 0:
        linear = _fitted(case, _logistic(given), given, width) if width <= MOST_CLASSES else None
        trees = _fitted(case, _trees(ExtraTreesClassifier), given, width)
    return Baseline(kind="classes", truth=given.valid_truth, trivial=trivial, linear=linear, trees=trees)


def _logistic(given: Inputs) -> Any:
    parts = [StandardScaler()]
    if given.train.shape[1] > DIRECTIONS:
        parts.append(PCA(min(DIRECTIONS, len(given.train) - 1), random_state=0))
    return make_pipeline(*parts, LogisticRegression(max_iter=200))


def _trees(family: Any) -> Any:
    return family(40, min_samples_leaf=2, random_state=0, n_jobs=1)


def _fitted(case: Case, model: Any, given: Inputs, width: int) -> np.ndarray | None:
    """(M, width) scores on validation examples; None where the time is used up."""
    if case.left_s() < LEAST_S:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a baseline that is not quite done is a baseline
        model.fit(given.train, given.train_truth)
    if width == 1:
        return np.asarray(model.predict(given.valid), dtype=np.float64)[:, None]
    scores = np.zeros((len(given.valid), width))
    scores[:, model.classes_] = model.predict_proba(given.valid)
    return scores
