"""What each column of a table tells of the target by itself: a small tree on it alone, judged on validation rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.inputs import inputs
from whet.diagnosis.probes.passes import first_pass
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError

__all__ = ["SingleColumns", "single_columns"]

FEWEST, MOST = 60, 64  # validation examples; columns


@dataclass(frozen=True, kw_only=True)
class SingleColumns:
    """Skills are shares of a constant answer's error that are gone: 1 is perfect, 0 is no help."""

    skills: tuple[float, ...]  # by column
    num: int  # validation examples


def single_columns(case: Case) -> SingleColumns:
    """Of inputs that are one table of numbers."""
    seen, kind = case.ask(first_pass), case.ask(goal)
    given = tensors_in([list(seen.args), dict(seen.kwargs)])
    if len(given) != 1 or given[0].ndim != 2 or not given[0].is_floating_point() or given[0].shape[1] > MOST:
        raise CannotJudgeError("needs one table of numbers as input")
    table = case.ask(inputs)
    if len(table.valid_truth) < FEWEST:
        raise CannotJudgeError(f"needs {FEWEST} validation examples; there are {len(table.valid_truth)}")
    is_number = kind.kind == "numbers"
    return SingleColumns(
        skills=tuple(
            _skill(table.train[:, [c]], table.train_truth, table.valid[:, [c]], table.valid_truth, is_number)
            for c in range(given[0].shape[1])
        ),
        num=len(table.valid_truth),
    )


def _skill(x: np.ndarray, truth: np.ndarray, valid: np.ndarray, valid_truth: np.ndarray, is_number: bool) -> float:
    if is_number:
        tree = DecisionTreeRegressor(max_depth=7, min_samples_leaf=3, random_state=0).fit(x, truth)
        error, trivial = (
            np.square(tree.predict(valid) - valid_truth).mean(),
            np.square(truth.mean() - valid_truth).mean(),
        )
    else:
        classifier = DecisionTreeClassifier(max_depth=5, min_samples_leaf=3, random_state=0).fit(x, truth)
        commonest = np.bincount(truth[truth >= 0]).argmax()
        error, trivial = np.mean(classifier.predict(valid) != valid_truth), np.mean(commonest != valid_truth)
    return float(1 - error / max(float(trivial), 1e-12))
