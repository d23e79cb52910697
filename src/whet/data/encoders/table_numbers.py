"""Number columns -> standard scale, NaN filled with the median, a 0/1 column beside each one that misses values.

"quantile"     ranks mapped to a normal distribution. Helps: skewed columns, networks. Ties stay tied.
"standard"     minus mean, over standard deviation. Helps: linear models on tame columns. Hurts: heavy tails.
"robust_clip"  minus median, over the range between quartiles, then x / sqrt(1 + (x / 3)^2), which keeps every value
               within 3. Source: Holzmueller et al., "Better by Default" (RealMLP), NeurIPS 2024, section 3.
A value outside of the training range is never an error: all three stay finite for every finite number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import ndtri

from whet.rng import make_numpy_generator
from whet.state import State

__all__ = ["NumberScaler"]

_MOST_QUANTILES = 1000
_FIT_ROWS = 200_000  # enough for a thousand quantiles
_NOISE = 1e-3  # of a standard deviation: spreads ties, so that a frequent value has a width of its own
_EDGE = 1e-7  # ranks stay this far from 0 and 1, so that the normal quantile stays within 5.2


@dataclass(frozen=True)
class NumberScaler:
    """What was learnt from F columns.

    ``median_``: (F,); ``missing_``: (F,) bool, whether training values are missing; by transform, ``knots_``:
    (Q, F) quantiles, or (2, F) centre and scale.
    """

    transform: str
    median_: np.ndarray
    missing_: np.ndarray
    knots_: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray, transform: str, *, num_plain: int, seed: int) -> Self:
        """Learn from (N, F) float64 with NaN where missing; columns from ``num_plain`` on are made of the others."""
        missing = np.isnan(values).any(axis=0)
        missing[num_plain:] = False  # the columns they are made of say so already
        rng = make_numpy_generator(seed, "table", "numbers")
        if len(values) > _FIT_ROWS:
            values = values[np.sort(rng.choice(len(values), _FIT_ROWS, replace=False))]
        median = np.array([np.median(c[~np.isnan(c)]) if not np.isnan(c).all() else 0.0 for c in values.T])
        filled = np.where(np.isnan(values), median, values)
        learn = {"quantile": lambda x: _quantiles(x, rng), "standard": _mean_and_std, "robust_clip": _quartiles}
        return cls(transform, median, missing, learn[transform](filled))

    @property
    def num_numbers(self) -> int:
        """F plus the 0/1 columns."""
        return len(self.median_) + int(self.missing_.sum())

    def apply(self, values: np.ndarray) -> np.ndarray:
        """(N, F) float64 -> (N, num_numbers) float32 without NaN."""
        unknown = np.isnan(values)
        filled = np.where(unknown, self.median_, values)
        if self.transform == "quantile":
            scaled = np.empty(filled.shape)
            for j in range(filled.shape[1]):
                scaled[:, j] = _to_normal(filled[:, j], self.knots_[:, j])
        else:
            scaled = (filled - self.knots_[0]) / self.knots_[1]
        if self.transform == "robust_clip":
            scaled = scaled / np.sqrt(1.0 + np.square(scaled / 3.0))
        return np.concatenate([scaled, unknown[:, self.missing_]], axis=1).astype(np.float32)

    def state(self) -> State:
        """The transform's name, and arrays."""
        arrays = {"median": self.median_, "missing": self.missing_, "knots": self.knots_}
        return State({"transform": self.transform}, arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same scaler again."""
        return cls(state.config["transform"], *(state.arrays[name] for name in ("median", "missing", "knots")))


def _quantiles(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(Q, F): with as many quantiles as rows allow; (1, F) knots of a constant column all coincide."""
    count = max(min(len(values) // 30, _MOST_QUANTILES), 10)
    noisy = values + rng.standard_normal(values.shape) * _NOISE * values.std(axis=0)
    return np.asarray(np.quantile(noisy, np.linspace(0.0, 1.0, count), axis=0))


def _mean_and_std(values: np.ndarray) -> np.ndarray:
    std = values.std(axis=0)
    return np.stack([values.mean(axis=0), np.where(std > 0, std, 1.0)])


def _quartiles(values: np.ndarray) -> np.ndarray:
    low, centre, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
    reach = (values.max(axis=0) - values.min(axis=0)) / 2.0
    scale = np.where(high > low, high - low, np.where(reach > 0, reach, 1.0))
    return np.stack([centre, scale])


def _to_normal(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Ranks among the knots -> normal quantiles; among equal knots, the middle rank."""
    if knots[0] == knots[-1]:
        return np.zeros(len(values))
    grid = np.linspace(0.0, 1.0, len(knots))
    ranks = 0.5 * (np.interp(values, knots, grid) - np.interp(-values, -knots[::-1], -grid[::-1]))
    return np.asarray(ndtri(np.clip(ranks, _EDGE, 1.0 - _EDGE)))
