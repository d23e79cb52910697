"""How well plain properties alone tell the class, on examples that the answer was not learnt from.

Skill is balanced accuracy over chance: 0 for guessing, 1 for never wrong, whatever the sizes of the classes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.tree import DecisionTreeClassifier

__all__ = ["Skill", "skill_from_properties", "skill_from_told"]

TREES = 40


class Skill(NamedTuple):
    """In (-inf, 1], with a 95 % interval."""

    value: float
    low: float
    high: float


def skill_from_told(truth: np.ndarray, told: np.ndarray) -> Skill:
    """Of told class codes; the interval treats the recalls of the classes as independent shares.

    >>> skill_from_told(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])).value
    1.0
    """
    classes, codes = np.unique(truth, return_inverse=True)
    sizes = np.bincount(codes)
    recall = np.bincount(codes, weights=told == truth) / sizes
    chance = 1 / len(classes)
    # one example more on each side, so that a recall of 1 is not taken for certain
    smooth = (recall * sizes + 1) / (sizes + 2)
    error = float(np.sqrt((smooth * (1 - smooth) / sizes).sum())) / len(classes)
    value, half = (float(recall.mean()) - chance) / (1 - chance), 1.96 * error / (1 - chance)
    return Skill(value, value - half, min(1.0, value + half))


def skill_from_properties(
    table: np.ndarray, truth: np.ndarray, fold: np.ndarray, *, seed: int
) -> tuple[Skill, np.ndarray]:
    """(skill, (N,) told codes) of (N, P) properties, NaN where not known; ``fold`` (N,) says what is held out together.

    One property alone goes into a small tree, several into extremely randomised trees.
    """
    filled = np.where(np.isfinite(table), table, -1e9).astype(np.float32)
    told = np.zeros(len(truth), dtype=np.int64)
    for number in np.unique(fold):
        held = fold == number
        told[held] = _model(table.shape[1], seed).fit(filled[~held], truth[~held]).predict(filled[held])
    return skill_from_told(truth, told), told


def _model(num_properties: int, seed: int) -> DecisionTreeClassifier | ExtraTreesClassifier:
    settings = {"min_samples_leaf": 5, "class_weight": "balanced", "random_state": seed % 2**32}
    if num_properties == 1:
        return DecisionTreeClassifier(max_leaf_nodes=64, **settings)
    return ExtraTreesClassifier(TREES, n_jobs=1, **settings)
