"""Groups of validation examples that a model may be weak in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from whet.diagnosis.case import Case
from whet.diagnosis.probes.inputs import inputs

__all__ = ["Group", "input_groups"]

CLUSTERS = 8
EACH = 60  # examples for every cluster asked for
DIRECTIONS = 16


@dataclass(frozen=True, kw_only=True)
class Group:
    """Some of N validation examples."""

    name: str  # "examples of class 'cat'"
    members: np.ndarray  # (N,) bool
    is_truth: bool = False  # chosen by the true class


def input_groups(case: Case) -> tuple[Group, ...]:
    """Clusters of alike inputs; they are formed without a look at mistakes."""
    values = case.ask(inputs).valid
    number = min(CLUSTERS, len(values) // EACH)
    if number < 2:
        return ()
    values = StandardScaler().fit_transform(values)
    if values.shape[1] > DIRECTIONS:
        values = PCA(DIRECTIONS, random_state=0).fit_transform(values)
    distinct = len(np.unique(values.round(6), axis=0))
    if distinct < number:
        return ()
    codes = KMeans(number, n_init=3, random_state=0).fit_predict(values)
    return tuple(
        Group(name=f"examples of input cluster {code + 1} of {number}", members=codes == code) for code in range(number)
    )
