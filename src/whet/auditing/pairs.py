"""Copies of examples, within one part and between training and test."""

from __future__ import annotations

import numpy as np

from whet.data.clusters import components, near_duplicate_pairs
from whet.data.dataset import Dataset
from whet.data.stack import stacked

__all__ = ["cross_pairs", "within_pairs"]


def within_pairs(data: Dataset) -> np.ndarray:
    """(P, 2) int64 positions, exact copies and near ones, the smaller position first."""
    return np.sort(near_duplicate_pairs(data), axis=1)


def cross_pairs(train: Dataset, test: Dataset) -> np.ndarray:
    """(P, 2) int64: position in ``train``, position in ``test``; each test example that has a copy, once.

    A test example that is only linked through another test example takes the first training example of its chain.
    """
    pairs = within_pairs(stacked(train, test))
    num_train, num = len(train), len(train) + len(test)
    clusters = components(pairs, num)
    first = np.full(int(clusters.max()) + 1, -1, dtype=np.int64)
    first[clusters[:num_train][::-1]] = np.arange(num_train)[::-1]
    partner = first[clusters[num_train:]]
    direct = pairs[(pairs[:, 0] < num_train) & (pairs[:, 1] >= num_train)]
    partner[direct[::-1, 1] - num_train] = direct[::-1, 0]
    found = np.flatnonzero(partner >= 0)
    return np.column_stack([partner[found], found])
