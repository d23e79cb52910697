"""The noise floor: how much a score moves when only the seed changes, pooled over all recipes tried so far.

Three seeds estimate their own variance with 2 degrees of freedom, which is next to nothing: a t-test on that alone
has no power, and lucky small variances adopt useless remedies. Seeds of different recipes vary alike, so the pool of
all rows says it with many more degrees of freedom. A prior worth one degree of freedom keeps an unlucky pool away
from zero, and lets a row be judged before any seed was repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from whet.errors import DataError

__all__ = ["PRIOR_DF", "SAME_WEIGHTS", "NoiseFloor"]

PRIOR_DF = 1.0


@dataclass(frozen=True)
class NoiseFloor:
    """Sum of squared deviations of scores from their recipe's mean, and its degrees of freedom.

    >>> floor = NoiseFloor().with_seeds([0.90, 0.92]).with_seeds([0.80, 0.80, 0.83])
    >>> floor.df, round(floor.std, 4)
    (3.0, 0.0163)
    """

    sum_squares: float = 0.0
    df: float = 0.0

    @classmethod
    def of(cls, rows: Iterable[Sequence[float] | np.ndarray]) -> Self:
        """The pool of several recipes, each given as the scores of its seeds."""
        floor = cls()
        for scores in rows:
            floor = floor.with_seeds(scores)
        return floor

    def with_seeds(self, scores: Sequence[float] | np.ndarray) -> Self:
        """The pool with one more recipe: ``scores`` of its (k,) seeds on the same examples. One seed adds nothing."""
        values = np.asarray(scores, dtype=np.float64)
        if values.ndim != 1 or not np.isfinite(values).all():
            raise DataError(f"with_seeds takes a flat list of finite scores; got {scores!r}.")
        if len(values) < 2:
            return self
        return type(self)(self.sum_squares + float(np.square(values - values.mean()).sum()), self.df + len(values) - 1)

    @property
    def std(self) -> float | None:
        """Pooled standard deviation between seeds, in the metric's unit; None before any seed was repeated."""
        return float(np.sqrt(self.sum_squares / self.df)) if self.df else None

    def variance(self, prior: float) -> tuple[float, float]:
        """(shrunk variance, its degrees of freedom): the pool and a ``prior`` variance worth one more degree."""
        df = self.df + PRIOR_DF
        return (self.sum_squares + PRIOR_DF * prior) / df, df


SAME_WEIGHTS = NoiseFloor(sum_squares=0.0, df=1e9)
"""Between two uses of the very same weights lies no training, so no seed: known to be zero, however few there were."""
