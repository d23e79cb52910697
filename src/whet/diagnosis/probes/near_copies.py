"""Rows that chance cannot repeat, and rows that are copies but for a little noise.

Both are told from the rows themselves: whether different rows ever agree in half of their columns, and how much nearer
the nearest row is than the tenth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.rng import make_numpy_generator

__all__ = ["Near", "near_copies", "repeats_by_chance"]

SPLITS = 4  # of the columns in halves
RARE = 0.01  # share of rows that agree with another in half of the columns, below which whole rows do not by chance
FEWEST = 60  # rows on either side, for distances
CLOSE = 0.25  # of the distance of the tenth nearest row
NEAR, FAR = 10, 20  # neighbours that tell how distances grow
CONTINUOUS = 0.5  # share of different values in a column


@dataclass(frozen=True, kw_only=True)
class Near:
    """Of the validation rows."""

    num: int
    close: int  # whose nearest training row is far nearer than the tenth, and not the same
    expected: float  # share of those by chance, from how the distances of further neighbours grow
    agree: float  # share of these pairs with one target


def repeats_by_chance(rows: np.ndarray, seed: int) -> bool:
    """Whether different rows may well be the same by chance: at most as often as they are in any half of the columns.

    >>> grid = np.array([[i % 3, i // 3 % 3, i // 9 % 3, i // 27] for i in range(81)])
    >>> repeats_by_chance(grid, 0), repeats_by_chance(grid + np.random.default_rng(0).normal(size=(81, 4)), 0)
    (True, False)
    """
    rows = np.unique(rows, axis=0)
    rows = rows[:, (rows != rows[:1]).any(axis=0)]
    if rows.shape[1] < 2:
        return True
    generator, least = make_numpy_generator(seed, "halves"), 1.0
    for _ in range(SPLITS):
        order = generator.permutation(rows.shape[1])
        for half in (order[: len(order) // 2], order[len(order) // 2 :]):
            _, index, counts = np.unique(rows[:, half], axis=0, return_inverse=True, return_counts=True)
            least = min(least, float((counts[index.reshape(-1)] > 1).mean()))
    return least > RARE


def near_copies(train: np.ndarray, valid: np.ndarray, targets: tuple[np.ndarray, np.ndarray]) -> Near | None:
    """Continuous columns only; None where distances say nothing. In the units given, and in standard deviations."""
    varies = train.std(axis=0) > 1e-9
    train, valid = train[:, varies], valid[:, varies]
    if len(train) < FEWEST or len(valid) < FEWEST or train.shape[1] < 4:
        return None
    distinct = np.array([len(np.unique(column)) for column in train.T]) / len(train)
    if (distinct >= CONTINUOUS).mean() < 0.9:
        return None
    scales = (np.ones(train.shape[1]), 1 / train.std(axis=0))
    found = [_near(train * s, valid * s, targets) for s in scales]
    return max(found, key=lambda near: near.close / near.num - 10 * near.expected)


def _near(train: np.ndarray, valid: np.ndarray, targets: tuple[np.ndarray, np.ndarray]) -> Near:
    centre = train.mean(axis=0)
    train, valid = train - centre, valid - centre
    squares = (valid**2).sum(axis=1)[:, None] - 2 * valid @ train.T + (train**2).sum(axis=1)[None]
    order = np.argsort(squares, axis=1)[:, :FAR]
    # again, by differences: products lose small distances
    distances = np.sqrt(np.stack([((valid - train[order[:, k]]) ** 2).sum(axis=1) for k in (0, NEAR - 1, FAR - 1)]))
    first, tenth, last = distances
    apart = tenth > 0
    close = apart & (first < CLOSE * tenth) & (first > 0)
    growth = float(np.log(np.maximum(last[apart], 1e-300) / tenth[apart]).mean()) if apart.any() else 0.0
    dimension = np.log(FAR / NEAR) / growth if growth > 1e-9 else 1.0
    return Near(
        num=len(valid),
        close=int(close.sum()),
        expected=float(min(1.0, (NEAR - 1) * CLOSE**dimension)),
        agree=float((targets[0][order[close, 0]] == targets[1][close]).mean()) if close.any() else 0.0,
    )
