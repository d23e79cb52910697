"""Target encoding: a category as the mean of the target over the training rows that share it.

Helps: categories of many values (a postcode, a shop) whose own level matters; networks with few rows per value.
Hurts: nothing it leaks, since each training row reads a mean of other rows; values that say nothing add noise.
Each mean is drawn towards the mean of all rows as if ``smoothing`` further rows held that. A training row gets the
means of the other four fifths of the rows, so that it never meets its own answer; new rows get those of all.
Rows of one group (``--group``) stay together; copies of one row that no group ties together do leak.
Source: Micci-Barreca, "A Preprocessing Scheme for High-Cardinality Categorical Attributes", SIGKDD Explorations 2001.
Differs: weight n / (n + smoothing) instead of a sigmoid of n, and out-of-fold means (Pargent et al., 2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from whet.data.dataset import Dataset
from whet.data.encoders.table_columns import category_of
from whet.data.encoders.table_folds import TrainingFolds
from whet.data.encoders.table_means import KeyMeans
from whet.errors import DataError
from whet.state import State

__all__ = ["TargetMeans"]

_MOST_CLASSES = 10  # one column each; the most frequent where there are more
_SHARED = 2**20  # codes of two columns become one key; no column has so many labels


@dataclass(frozen=True)
class TargetMeans:
    """``columns``: for each key one category name, or two for a pair; ``means``: what new rows read, one per key.

    ``folds`` and ``fold_means`` (by fold, then by key) serve the training rows themselves; they are kept in memory
    only, so that a restored object reads every row as a new one.
    """

    columns: tuple[tuple[str, ...], ...] = ()
    means: tuple[KeyMeans, ...] = ()
    folds: TrainingFolds | None = None
    fold_means: tuple[tuple[KeyMeans, ...], ...] = ()

    @classmethod
    def fit(cls, train: Dataset, names: tuple[str, ...], *, smoothing: float, num_pairs: int = 0, seed: int) -> Self:
        """Means for each category by itself, and for the ``num_pairs`` pairs that explain the most beyond that."""
        if not smoothing or not names:
            return cls()
        answers = _answers(train)
        folds = TrainingFolds.fit(train, seed=seed)
        single: list[tuple[str, ...]] = [(name,) for name in names]
        pairs = _best_pairs(train, single, answers, folds, smoothing, num_pairs) if num_pairs else []
        return cls._of(train, (*single, *pairs), answers, folds, smoothing)

    @classmethod
    def _of(
        cls,
        train: Dataset,
        columns: tuple[tuple[str, ...], ...],
        answers: np.ndarray,
        folds: TrainingFolds,
        smoothing: float,
    ) -> Self:
        own, keys = folds.of(train), [_keys(train, names) for names in columns]
        means = tuple(KeyMeans.fit(k, answers, smoothing=smoothing) for k in keys)
        others = [own != fold for fold in range(folds.num_folds)]
        fold_means = tuple(
            tuple(KeyMeans.fit(k[rows], answers[rows], smoothing=smoothing) for k in keys) for rows in others
        )
        return cls(columns, means, folds, fold_means)

    def __len__(self) -> int:
        return sum(len(means.prior) for means in self.means)

    def apply(self, dataset: Dataset) -> np.ndarray:
        """(N, D) float64 without NaN: out-of-fold means for rows that it was fitted on, means of all for others."""
        if not self.columns:
            return np.zeros((len(dataset), 0))
        keys = [_keys(dataset, names) for names in self.columns]
        made = np.hstack([means.apply(k) for means, k in zip(self.means, keys, strict=True)])
        if self.folds is None:
            return made
        own = self.folds.of(dataset)
        for fold, each in enumerate(self.fold_means):
            rows = np.flatnonzero(own == fold)
            if len(rows):
                made[rows] = np.hstack([means.apply(k[rows]) for means, k in zip(each, keys, strict=True)])
        return made

    def state(self) -> State:
        """What new rows read; the training rows' folds are left behind."""
        arrays = {f"{i}/{name}": array for i, m in enumerate(self.means) for name, array in m.arrays().items()}
        return State({"columns": [list(names) for names in self.columns]}, arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same means again."""
        columns = tuple(tuple(names) for names in state.config["columns"])
        means = tuple(KeyMeans(**state.part(f"{i}/", {}).arrays) for i in range(len(columns)))
        return cls(columns, means)


def _best_pairs(
    train: Dataset,
    single: list[tuple[str, ...]],
    answers: np.ndarray,
    folds: TrainingFolds,
    smoothing: float,
    count: int,
) -> list[tuple[str, ...]]:
    """Pairs whose out-of-fold means miss the answers by less than those of the better of the two columns do."""

    def accuracy_of(names: tuple[str, ...]) -> float:
        made = TargetMeans._of(train, (names,), answers, folds, smoothing).apply(train)
        return 1.0 - float(
            np.square(answers - made).sum() / max(np.square(answers - answers.mean(axis=0)).sum(), 1e-12)
        )

    alone = {names[0]: accuracy_of(names) for names in single}
    pairs = [(a, b) for i, a in enumerate(alone) for b in list(alone)[i + 1 :]]
    gains = np.array([accuracy_of(pair) - max(alone[pair[0]], alone[pair[1]]) for pair in pairs])
    return [pairs[i] for i in np.argsort(-gains, kind="stable")[:count] if gains[i] > 0]


def _keys(dataset: Dataset, names: tuple[str, ...]) -> np.ndarray:
    """(N,) int64: a missing value is a value like others, one that the schema does not know is -1."""
    codes = [category_of(dataset, name).codes.astype(np.int64) + 1 for name in names]
    keys = codes[0] if len(codes) == 1 else codes[0] * _SHARED + codes[1]
    return np.asarray(np.where(np.min(codes, axis=0) < 0, -1, keys))


def _answers(train: Dataset) -> np.ndarray:
    """(N, K) float64: the numbers themselves; for classes 0/1, one column for two and one each for more."""
    if train.target is None:
        raise DataError(f"{train.origin}: target encoding needs the training rows' target. Set target_encoding to 0.")
    if train.schema.target_is_number:
        return np.asarray(train.target.astype(np.float64)[:, None])
    _, codes, counts = np.unique(train.target.astype(str), return_inverse=True, return_counts=True)
    if len(counts) == 2:
        return np.asarray((codes == 1).astype(np.float64)[:, None])
    shown = np.sort(np.argsort(-counts, kind="stable")[:_MOST_CLASSES])
    return np.asarray((codes[:, None] == shown).astype(np.float64))
