"""Products, differences and ratios of two numbers, chosen by how well they tell the target on the training rows.

Helps: answers that depend on an area (width times height), a duration (end minus start) or a rate (cost per unit),
which networks and linear models on single columns miss. Hurts: tables where no pair matters, by columns of noise.
How: the pilot of ``table_pilot`` ranks the numbers, then, offered every candidate made of the best eight, ranks those.
Differs from ``table_crosses``: products and differences in the columns' own units (a rotation subtracts standardised
columns), and no held-out check of its own, because a change of this setting is judged like every remedy.
Source: Kanter and Veeramachaneni, "Deep Feature Synthesis", DSAA 2015, for the operations; the choice is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Self

import numpy as np

from whet.data.encoders.table_pilot import LEAST_ROWS, Pilot

__all__ = ["PRODUCT", "RATIO", "Pairs"]

PRODUCT, DIFFERENCE, RATIO = 0, 1, 2
_LEAST_DIVISOR = 1e-12  # a smaller one gives no ratio
_SEEN_FRACTION = 0.3  # of the columns per tree, so that one good candidate does not hide the next


@dataclass(frozen=True)
class Pairs:
    """``columns``: (C, 2) int64 column numbers; ``operations``: (C,) int64, 0 product, 1 difference, 2 ratio.

    >>> Pairs(np.array([[0, 1]]), np.array([RATIO])).apply(np.array([[6.0, 3.0], [6.0, 0.0]])).ravel().tolist()
    [2.0, nan]
    """

    columns: np.ndarray
    operations: np.ndarray

    @classmethod
    def none(cls) -> Self:
        """No made column."""
        return cls(np.zeros((0, 2), np.int64), np.zeros(0, np.int64))

    @classmethod
    def choose(cls, pilot: Pilot, *, count: int) -> Self:
        """The ``count`` candidates that save the pilot the most loss; one that saves none is left out."""
        if len(pilot.numbers) < LEAST_ROWS or len(pilot.best) < 2:
            return cls.none()
        every = cls(*_candidates(sorted(pilot.best)))
        gains, _ = pilot.run(every.apply(pilot.numbers), fraction=_SEEN_FRACTION)
        gains = gains[pilot.numbers.shape[1] :]
        kept = np.sort([i for i in np.argsort(-gains, kind="stable")[:count] if gains[i] > 0]).astype(np.int64)
        return cls(every.columns[kept], every.operations[kept])

    def __len__(self) -> int:
        return len(self.columns)

    def apply(self, numbers: np.ndarray) -> np.ndarray:
        """(N, F) float64 -> (N, C) float64; NaN where a value is missing, too large, or a ratio has no value."""
        made = np.empty((len(numbers), len(self)))
        for j, ((a, b), operation) in enumerate(zip(self.columns.tolist(), self.operations.tolist(), strict=True)):
            made[:, j] = _made(numbers[:, a], numbers[:, b], operation)
        made[~np.isfinite(made)] = np.nan
        return made


def _made(first: np.ndarray, second: np.ndarray, operation: int) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):  # two huge values: no number, which the scaler fills
        if operation == PRODUCT:
            return np.asarray(first * second)
        if operation == DIFFERENCE:
            return np.asarray(first - second)
        usable = np.abs(second) > _LEAST_DIVISOR
        return np.asarray(np.divide(first, second, out=np.full(len(first), np.nan), where=usable))


def _candidates(columns: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Every pair's product and difference, and both ratios."""
    made = [
        (pair, operation)
        for a, b in combinations(columns, 2)
        for pair, operation in (((a, b), PRODUCT), ((a, b), DIFFERENCE), ((a, b), RATIO), ((b, a), RATIO))
    ]
    return np.array([pair for pair, _ in made], np.int64), np.array([operation for _, operation in made], np.int64)
