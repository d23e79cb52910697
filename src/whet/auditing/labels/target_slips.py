"""What turned the expected value into the one that was written: another unit, or a lost sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Slip", "slip_of"]

FACTORS = (1000.0, 100.0, 10.0, 0.1, 0.01, 0.001, -1.0)
NEAR = np.log(2.5)  # of a factor of ten; expectations are rough
LEAST = 0.6  # share of the outliers that one slip must explain to be named


@dataclass(frozen=True)
class Slip:
    """``of`` (M,) bool: which of the values ``factor`` explains."""

    factor: float
    of: np.ndarray

    @property
    def how(self) -> str:
        """For people: "1,000 times too large"."""
        if self.factor < 0:
            return "as if their sign were wrong"
        if self.factor > 1:
            return f"{self.factor:,.0f} times too large"
        return f"{1 / self.factor:,.0f} times too small"

    def mended(self, values: np.ndarray) -> np.ndarray:
        """Without the slip."""
        return values / self.factor


def slip_of(values: np.ndarray, expected: np.ndarray) -> Slip | None:
    """The factor that explains most of the outlying ``values``; None where none explains enough of them.

    >>> slip = slip_of(np.array([52_000.0, 31_000.0, 7.0]), np.array([50.0, 33.0, 40.0]))
    >>> slip.how, slip.of.tolist()
    ('1,000 times too large', [True, True, False])
    """
    sound = np.isfinite(expected) & (expected != 0) & (values != 0)
    ratios = np.where(sound, values / np.where(sound, expected, 1.0), np.nan)
    best: Slip | None = None
    for factor in FACTORS:
        with np.errstate(invalid="ignore", divide="ignore"):
            of = (ratios / factor > 0) & (np.abs(np.log(np.abs(ratios / factor))) <= NEAR)
        if of.mean() >= LEAST and (best is None or of.sum() > best.of.sum()):
            best = Slip(factor, of)
    return best
