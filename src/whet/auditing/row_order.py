"""Is the order of the rows that of a shuffled pile? Neighbours, labels in runs, and drift from the first to the last.

Sorting by class is no fault, so everything is judged within classes: the rows of each class are shuffled over the
places that the class has. Source: after the non-iid test of Cummings et al., "Detecting dataset drift and non-IID
sampling via k-nearest neighbors", 2023, used in Datalab. Differs: distances between neighbouring rows instead of row
distances between nearest neighbours, and labels are held fixed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from whet.rng import make_numpy_generator

__all__ = ["Kinship", "drift_auc", "neighbour_kinship"]

REACH = 3  # places up to which rows count as neighbours


@dataclass(frozen=True)
class Kinship:
    """``share``: by how much nearer neighbours in row order are than shuffled ones, 0 for none, 1 for copies."""

    share: float
    p: float


def neighbour_kinship(values: np.ndarray, classes: np.ndarray, *, shuffles: int, seed: int) -> Kinship:
    """(M, D) ``values`` in row order, (M,) class codes (all 0 without classes)."""
    values = _without_class_means(values, classes)
    found = _mean_distance(values)
    generator = make_numpy_generator(seed, "row order")
    places = [np.flatnonzero(classes == c) for c in np.unique(classes)]
    drawn = np.empty(shuffles)
    for i in range(shuffles):
        order = np.empty(len(values), dtype=np.int64)
        for mine in places:
            order[mine] = generator.permutation(mine)
        drawn[i] = _mean_distance(values[order])
    usual = float(drawn.mean())
    p = (1 + int((drawn <= found).sum())) / (1 + shuffles)
    return Kinship(1 - found / usual if usual > 0 else 0.0, p)


def drift_auc(values: np.ndarray, classes: np.ndarray, *, seed: int) -> float:
    """How well the first third of the rows of each class can be told from its last third; 0.5 by chance.

    Halves are blocks of neighbours, so that a likeness of neighbours alone is not taken for drift.
    """
    place = np.empty(len(values))
    for c in np.unique(classes):
        mine = np.flatnonzero(classes == c)
        place[mine] = (np.arange(len(mine)) + 0.5) / len(mine)
    some = (place < 1 / 3) | (place > 2 / 3)
    late = place[some] > 0.5
    if late.all() or not late.any():
        return 0.5
    x = StandardScaler().fit_transform(_without_class_means(values, classes)[some])
    fold = (place[some] * 30).astype(np.int64) % 2  # thirtieths of the file, alternately
    scores = np.zeros(len(x))
    for held in (0, 1):
        train = fold != held
        if len(np.unique(late[train])) < 2:
            return 0.5
        model = LogisticRegression(C=0.1, max_iter=300, random_state=seed % 2**32).fit(x[train], late[train])
        scores[fold == held] = model.decision_function(x[fold == held])
    return float(roc_auc_score(late, scores))


def _without_class_means(values: np.ndarray, classes: np.ndarray) -> np.ndarray:
    _, codes = np.unique(classes, return_inverse=True)
    sums = np.zeros((codes.max() + 1, values.shape[1]))
    np.add.at(sums, codes, values)
    return np.asarray(values - (sums / np.bincount(codes)[:, None])[codes])


def _mean_distance(values: np.ndarray) -> float:
    gaps = [np.linalg.norm(values[step:] - values[:-step], axis=1).mean() for step in range(1, REACH + 1)]
    return float(np.mean(gaps))
