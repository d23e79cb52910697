"""A linear model on many features: classes with calibrated probabilities, or a number.

Up to 2,000 examples: ridge regression, its penalty by leave-one-out error. Up to 5,000: the penalty from a random
2,000 of them, then one exact solution for all. Beyond: gradient steps on batches (``linear_steps``), whose time grows
linearly. Classes are targets of -1 and 1; their decision values become probabilities by a softmax whose sharpness
minimises the log loss of left-out predictions.
Source: the classifiers of Dempster et al., KDD 2021. Differs: the probabilities, and the solver in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from whet.models.estimators.linear_steps import fit_by_steps
from whet.models.estimators.ridge_loo import fit_ridge

__all__ = ["LinearHead"]

_LEAVE_ONE_OUT = 2_000  # examples; the eigendecomposition of their products takes about 3 s on one core
_EXACT = 5_000  # examples; 20 s on one core with 10,000 features
_ROWS = 64  # rows per product at prediction: always the same number, so that rounding never depends on the batch


@dataclass(frozen=True)
class LinearHead:
    """``scores`` of (N, F) features whose training mean is 0: (N, K) float64 probabilities, or (N, 1) values."""

    coef: np.ndarray  # (F, K) float64
    intercept: np.ndarray  # (K,) float64
    sharpness: float  # factor on decision values before the softmax; 0: a number, no softmax

    @classmethod
    def fit_classes(
        cls,
        features: np.ndarray,
        codes: np.ndarray,
        *,
        num_classes: int,
        rng: np.random.Generator,
        seconds: float | None,
    ) -> Self:
        """Fit (N,) int64 codes below ``num_classes``."""
        targets = 2.0 * np.eye(num_classes)[codes] - 1.0
        if len(features) > _EXACT:
            coef, intercept, rows, held_out = fit_by_steps(features, codes, num_classes, rng=rng, seconds=seconds)
        else:
            coef, intercept, rows, held_out = _ridge(features, targets, rng)
        return cls(coef, intercept, _sharpness(held_out, codes[rows]))

    @classmethod
    def fit_number(
        cls, features: np.ndarray, values: np.ndarray, *, rng: np.random.Generator, seconds: float | None
    ) -> Self:
        """Fit (N,) float64 values, in their own units."""
        if len(features) > _EXACT:
            coef, intercept, _, _ = fit_by_steps(features, values, 0, rng=rng, seconds=seconds)
        else:
            coef, intercept, _, _ = _ridge(features, values[:, None], rng)
        return cls(coef, intercept, 0.0)

    def scores(self, features: np.ndarray) -> np.ndarray:
        """(N, F) float32 -> (N, K); a row's result does not depend on the others."""
        out = np.empty((len(features), len(self.intercept)))
        block = np.zeros((_ROWS, features.shape[1]))
        for start in range(0, len(features), _ROWS):
            part = features[start : start + _ROWS]
            block[: len(part)] = part
            out[start : start + _ROWS] = (block @ self.coef)[: len(part)] + self.intercept
        return out if self.sharpness == 0 else np.asarray(softmax(out * self.sharpness, axis=1))


def _ridge(
    features: np.ndarray, targets: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Weights, intercept, and for some rows their left-out predictions."""
    if len(features) <= _LEAVE_ONE_OUT:
        fit = fit_ridge(features, targets)
        return fit.coef, fit.intercept, np.arange(len(features)), fit.left_out
    rows = np.sort(rng.choice(len(features), _LEAVE_ONE_OUT, replace=False))
    sample = features[rows]
    fit = fit_ridge(sample - sample.mean(axis=0), targets[rows])
    products = (features @ features.T).astype(np.float64)
    products[np.diag_indices_from(products)] += fit.alpha
    intercept = targets.mean(axis=0)
    dual = cho_solve(cho_factor(products, overwrite_a=True), targets - intercept)
    return (features.T @ dual.astype(np.float32)).astype(np.float64), intercept, rows, fit.left_out


def _sharpness(decisions: np.ndarray, codes: np.ndarray) -> float:
    """The factor with the least log loss; targets keep a little mass on the other classes, as in Platt scaling.

    Without it, 30 examples that all come out right would ask for certainty.
    """
    num, num_classes = decisions.shape
    mass = 2 / (num + 2)
    wanted = (1 - mass) * np.eye(num_classes)[codes] + mass / num_classes

    def loss(log_factor: float) -> float:
        return -float(np.sum(wanted * log_softmax(decisions * np.exp(log_factor), axis=1)))

    return float(np.exp(minimize_scalar(loss, bounds=(-4.0, 6.0), method="bounded").x))
