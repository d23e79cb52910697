"""Train, validation and test examples, and folds: by cluster, balanced by class, or in order of time.

Every function is deterministic under its seed, and the parts are disjoint and cover all examples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.data.allocate import allocate, strata_of
from whet.data.dataset import Dataset
from whet.data.time_order import cut_by_time, time_blocks
from whet.errors import ConfigError, DataError
from whet.rng import make_numpy_generator

__all__ = ["Split", "default_fractions", "folds", "split"]


@dataclass(frozen=True, kw_only=True)
class Split:
    """Example numbers (int64, ascending) of each part; ``valid`` or ``test`` is empty where its fraction is 0."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def default_fractions(num: int) -> tuple[float, float]:
    """Validation and test shares of ``num`` examples.

    3,500 test examples give an accuracy of 0.9 a 95 % interval of +-1 point; no more than a fifth is spent on that, and
    no less than a tenth. Validation is looked at for every remedy, so it gets up to 5,000 under the same bounds.

    >>> default_fractions(1_000), default_fractions(100_000)
    ((0.2, 0.2), (0.1, 0.1))
    """
    valid, test = (min(0.2, max(0.1, wanted / max(num, 1))) for wanted in (5_000, 3_500))
    return valid, test


def split(
    dataset: Dataset, clusters: np.ndarray, *, test_fraction: float, valid_fraction: float, seed: int, stratify: bool
) -> Split:
    """One split of all examples; with ``dataset.times`` the test is the latest part and validation comes before it.

    Args:
        clusters: (N,) int64; examples of one cluster always land together.
        test_fraction, valid_fraction: shares of all examples, in [0, 1), together under 1.
        stratify: keep class shares (or bands of a number) equal within one example, as near as clusters allow.
    Raises:
        DataError: everything belongs to one cluster or one time, or too few examples for the parts asked for.
    """
    _check(len(dataset), clusters, test_fraction=test_fraction, valid_fraction=valid_fraction)
    wanted = np.array([1 - valid_fraction - test_fraction, valid_fraction, test_fraction])
    if dataset.times is not None:
        parts = cut_by_time(dataset.times, clusters, wanted)
    else:
        strata = strata_of(dataset.target if stratify else None, len(dataset))
        rng = make_numpy_generator(seed, "split")
        parts = allocate(strata, clusters, _quotas(np.bincount(strata), wanted), rng)
        parts = _with_every_class_in_train(parts, strata, clusters)
    _refuse_empty(parts, wanted, clusters)
    train, valid, test = (np.flatnonzero(parts == p) for p in range(3))
    return Split(train=train, valid=valid, test=test)


def folds(
    data: Dataset | np.ndarray, clusters: np.ndarray, *, num_folds: int, repeats: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """``repeats * num_folds`` pairs (train, valid); in each repeat every example is in exactly one ``valid``.

    ``data``: a Dataset, or its target (N,): object labels or float64 numbers. With ``times`` each fold is one stretch
    of time; it is trained on what came before *and after*, so that every example gets a prediction. That is for
    comparing remedies; what is quoted is the sealed test, which is always the latest.

    >>> labels = np.array(["a", "b"] * 5, dtype=object)
    >>> [len(valid) for _, valid in folds(labels, np.arange(10), num_folds=5, repeats=1, seed=0)]
    [2, 2, 2, 2, 2]
    """
    target = data.target if isinstance(data, Dataset) else data
    times = data.times if isinstance(data, Dataset) else None
    num = len(data)
    _check_folds(clusters, num_folds=num_folds, repeats=repeats)
    strata = strata_of(target, num)
    pairs = []
    for repeat in range(repeats):
        rng = make_numpy_generator(seed, "folds", str(repeat))
        if times is not None:
            shift = int(rng.integers(num)) if repeat else 0
            parts = time_blocks(times, clusters, num_folds, shift)
        else:
            parts = allocate(strata, clusters, _fold_quotas(np.bincount(strata), num_folds, rng), rng)
        pairs += [(np.flatnonzero(parts != f), np.flatnonzero(parts == f)) for f in range(num_folds)]
    return [(train, valid) for train, valid in pairs if len(valid)]


def _quotas(counts: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(3, S) whole numbers within one of ``counts * wanted``; the totals too; rare classes go to train, test, valid."""
    quotas = np.floor(counts * wanted[:, None] + 1e-9).astype(np.int64)
    for part in (1, 2):
        short = int(np.round(counts.sum() * wanted[part])) - int(quotas[part].sum())
        rest = counts * wanted[part] - quotas[part]
        quotas[part, np.argsort(-rest, kind="stable")[: max(short, 0)]] += 1
    for part, least in ((2, 2), (1, 3)):
        if wanted[part] > 0 and len(counts) > 1:
            quotas[part] = np.maximum(quotas[part], counts >= least)
    quotas[1] = np.clip(quotas[1], 0, np.maximum(counts - 1 - quotas[2], 0))
    quotas[2] = np.minimum(quotas[2], np.maximum(counts - 1, 0))
    quotas[0] = counts - quotas[1] - quotas[2]
    return np.asarray(quotas)


def _fold_quotas(counts: np.ndarray, num_folds: int, rng: np.random.Generator) -> np.ndarray:
    """(K, S): equal shares; what remains of each class goes on round the folds, so that their sizes differ by one."""
    quotas = np.tile(counts // num_folds, (num_folds, 1))
    rest = counts % num_folds
    starts = (np.cumsum(rest) - rest) % num_folds
    turn = (np.arange(num_folds)[:, None] - starts) % num_folds
    return np.asarray((quotas + (turn < rest))[rng.permutation(num_folds)])


def _with_every_class_in_train(parts: np.ndarray, strata: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """A class that clusters pushed out of train altogether gets its smallest cluster back."""
    absent = np.flatnonzero(np.bincount(strata[parts == 0], minlength=int(strata.max()) + 1) == 0)
    sizes = np.bincount(clusters)
    for stratum in absent.tolist():
        rows = np.flatnonzero(strata == stratum)
        if len(rows):
            back = clusters[rows[np.argmin(sizes[clusters[rows]])]]
            parts = np.asarray(np.where(clusters == back, 0, parts))
    return parts


def _check(num: int, clusters: np.ndarray, **fractions: float) -> None:
    if len(clusters) != num:
        raise DataError(f"there are {num:,} examples but {len(clusters):,} cluster ids; cluster the same dataset.")
    wrong = {n: f for n, f in fractions.items() if not 0 <= f < 1}
    if wrong or sum(fractions.values()) >= 1:
        raise ConfigError(f"fractions must be in [0, 1) and together under 1; got {fractions}. Start from 0.2 each.")


def _check_folds(clusters: np.ndarray, *, num_folds: int, repeats: int) -> None:
    if num_folds < 2 or repeats < 1:
        raise ConfigError(f"num_folds must be 2 or more and repeats 1 or more; got {num_folds} and {repeats}.")
    available = len(np.unique(clusters))
    if available < num_folds:
        raise DataError(
            f"{available} clusters of examples cannot fill {num_folds} folds: copies and members of a group stay "
            "together. Use fewer folds, or a finer group column."
        )


def _refuse_empty(parts: np.ndarray, wanted: np.ndarray, clusters: np.ndarray) -> None:
    sizes = np.bincount(parts, minlength=3)
    empty = [n for n, w, size in zip(("train", "valid", "test"), wanted, sizes) if w > 0 and size == 0]
    if empty:
        raise DataError(
            f"no example is left for {' and '.join(empty)}: {len(parts):,} examples form {len(np.unique(clusters)):,} "
            "clusters (copies, or members of one group), which stay together. Add examples, or name a finer group."
        )
