"""What is believed about the gains of several changes at once, and what an observation of one says about the others.

The gains are jointly normal. Changes of one remedy, and remedies that treat the same symptoms, go together: where one
kind of regularisation disappoints, the others are believed in a little less. Conditioning is exact (Rasmussen and
Williams, "Gaussian Processes for Machine Learning", 2006, section 2.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from whet.errors import ConfigError

__all__ = ["Belief", "Expectation", "expected_improvement"]

SAME_REMEDY, SAME_SYMPTOMS = 0.4, 0.3  # share of the variance that they have in common


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """Of one change, before anything of it was seen: gain in points of a hundred."""

    remedy: str
    treats: frozenset[str]
    mean: float
    std: float  # between data sets

    def __post_init__(self) -> None:
        if self.std <= 0:
            raise ConfigError(f"Expectation.std must be positive; got {self.std!r}.")


@dataclass(frozen=True, kw_only=True)
class Belief:
    """``mean`` (N,) and ``covariance`` (N, N) of the gains of N changes, in points of a hundred."""

    mean: np.ndarray
    covariance: np.ndarray

    @classmethod
    def of(cls, expectations: Sequence[Expectation]) -> Belief:
        """Nothing was observed yet."""
        std = np.array([e.std for e in expectations])
        shared = np.array([[_shared(a, b) for b in expectations] for a in expectations]).reshape(len(std), len(std))
        np.fill_diagonal(shared, 1.0)
        return cls(mean=np.array([e.mean for e in expectations]), covariance=shared * np.outer(std, std))

    @property
    def std(self) -> np.ndarray:
        """(N,)"""
        return np.asarray(np.sqrt(np.maximum(0.0, np.diag(self.covariance))))

    def observed(self, index: int, gain: float, *, noise: float) -> Belief:
        """After change ``index`` was seen to gain ``gain`` with a standard error of ``noise`` > 0 points."""
        if not noise > 0:
            raise ConfigError(f"noise must be positive; got {noise!r}.")
        column = self.covariance[:, index]
        weight = column / (column[index] + noise**2)
        return Belief(
            mean=self.mean + weight * (gain - self.mean[index]),
            covariance=self.covariance - np.outer(weight, column),
        )


def expected_improvement(mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """(N,) E[max(gain, 0)]: a change that does not help is not adopted, so that only its cost remains.

    >>> expected_improvement(np.array([1.0, -1.0]), np.array([1e-9, 1e-9])).round(6).tolist()
    [1.0, 0.0]
    """
    spread = np.maximum(std, 1e-12)
    ratio = mean / spread
    return np.asarray(mean * norm.cdf(ratio) + spread * norm.pdf(ratio))


def _shared(a: Expectation, b: Expectation) -> float:
    """Correlation; a sum of two kernels, so that no set of changes has an impossible covariance."""
    union = a.treats | b.treats
    alike = len(a.treats & b.treats) / len(union) if union else 0.0
    return SAME_REMEDY * (a.remedy == b.remedy) + SAME_SYMPTOMS * alike
