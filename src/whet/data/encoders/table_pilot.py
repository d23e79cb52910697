"""Short fits of boosted trees that rank columns by the loss they save; what chooses pairs of numbers.

Only training rows are seen: three in four are fitted, the fourth judges whether made columns help.
Helps: finding the few columns that pairs are worth making of. Hurts: time, half a second to a second per fit.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import lightgbm as lgb
import numpy as np

from whet.rng import make_numpy_generator, stream_seed

__all__ = ["LEAST_ROWS", "Pilot"]

LEAST_ROWS = 200  # fewer say nothing about pairs
_FIT_ROWS = 20_000
_COLUMNS = 8  # numbers that pairs are made of
_HELD_OUT = 4  # one row in so many judges whether the chosen ones help
_FEW_VALUES = 10  # a number with so few values is cut up by a tree at once


class Pilot:
    """``numbers``: a random sample (M, F) of the rows of (N, F) numbers, (N, G) categories and (N,) codes or floats."""

    def __init__(self, numbers: np.ndarray, categories: np.ndarray, target: np.ndarray, *, seed: int) -> None:
        rows = make_numpy_generator(seed, "table", "crosses").permutation(len(numbers))[:_FIT_ROWS]
        self.numbers, self._categories, self._target = numbers[rows], categories[rows], target[rows]
        self._held = np.arange(len(rows)) % _HELD_OUT == 0  # rows come in random order
        num_classes = int(self._target.max()) + 1 if target.dtype.kind == "i" else 0
        self._rounds = max(10, 100 // max(1, num_classes - 1))  # a round of K classes is K trees
        objective: dict[str, Any] = {"objective": "multiclass", "num_class": num_classes}
        if num_classes <= 2:
            objective = {"objective": "binary" if num_classes else "l2"}
        self._parameters = objective | {
            "learning_rate": 0.1,
            "num_leaves": 31,
            "seed": stream_seed(seed, "table", "pilot") % 2**31,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "verbose": -1,
        }

    @cached_property
    def plain(self) -> tuple[np.ndarray, float]:
        """(F,) loss saved by each number, and the held-out loss, without made columns."""
        return self.run(np.zeros((len(self.numbers), 0)), fraction=1.0)

    @cached_property
    def best(self) -> list[int]:
        """The numbers worth making pairs of, the most useful first; fewer than two where no pair can be made."""
        many = np.array([len(np.unique(c[~np.isnan(c)])) > _FEW_VALUES for c in self.numbers.T], bool)
        gains, _ = self.plain
        return [int(j) for j in np.argsort(-gains, kind="stable") if many[j] and gains[j] > 0][:_COLUMNS]

    def run(self, made: np.ndarray, *, fraction: float) -> tuple[np.ndarray, float]:
        """(F + C,) loss saved by each column with (M, C) made ones beside the numbers, and the held-out loss.

        Each tree sees a ``fraction`` of the columns.
        """
        numbers = np.hstack([self.numbers, made])
        width = numbers.shape[1]
        ids = list(range(width, width + self._categories.shape[1]))
        features = np.hstack([numbers, self._categories.astype(np.float64)])
        train = lgb.Dataset(features[~self._held], self._target[~self._held], categorical_feature=ids)
        booster = lgb.Booster(self._parameters | {"feature_fraction": fraction}, train)
        booster.add_valid(train.create_valid(features[self._held], self._target[self._held]), "held out")
        for _ in range(self._rounds):
            if booster.update():
                break
        return booster.feature_importance("gain")[:width], float(booster.eval_valid()[0][2])
