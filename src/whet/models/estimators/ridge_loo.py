"""Ridge regression with its penalty chosen by exact leave-one-out errors, for many more features than examples.

One eigendecomposition of the (N, N) matrix of inner products gives the solution and every example's left-out
prediction for all penalties at once. Time grows with N^2 F + N^3, so it is meant for a few thousand examples.
Source: Rifkin and Lippert, "Notes on Regularized Least Squares", MIT 2007.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

__all__ = ["ALPHAS", "RidgeFit", "fit_ridge"]

ALPHAS = tuple(np.logspace(-3, 3, 10).tolist())
_COLUMNS = 4096  # features converted to float64 at a time


@dataclass(frozen=True)
class RidgeFit:
    """``x @ coef + intercept`` predicts; ``left_out`` holds each training example's prediction without itself."""

    coef: np.ndarray  # (F, K) float64
    intercept: np.ndarray  # (K,) float64
    alpha: float
    left_out: np.ndarray  # (N, K) float64


def fit_ridge(features: np.ndarray, targets: np.ndarray, *, alphas: tuple[float, ...] = ALPHAS) -> RidgeFit:
    """Fit (N, F) features whose columns have mean 0 to (N, K) targets; the penalty with the least left-out error wins.

    >>> x = np.array([[-1.0], [0.0], [1.0]])
    >>> fit = fit_ridge(x, 2 * x + 5, alphas=(1e-9,))
    >>> fit.coef.round(6).tolist(), fit.intercept.round(6).tolist(), fit.left_out.round(6).tolist()
    ([[2.0]], [5.0], [[3.0], [5.0], [7.0]])
    """
    intercept = targets.mean(axis=0)
    values, vectors = eigh(_inner_products(features))
    values, rotated = np.maximum(values, 0), vectors.T @ (targets - intercept)
    tried = [_left_out_errors(values, vectors, rotated, alpha) for alpha in alphas]
    best = int(np.argmin([float(np.mean(errors**2)) for errors in tried]))
    dual = vectors @ (rotated / (values + alphas[best])[:, None])
    return RidgeFit(_weights(features, dual), intercept, alphas[best], targets - tried[best])


def _left_out_errors(values: np.ndarray, vectors: np.ndarray, rotated: np.ndarray, alpha: float) -> np.ndarray:
    """(N, K) target minus the prediction of the fit without that example: residual / (1 - leverage)."""
    shrink = alpha / (values + alpha)
    residual = vectors @ (rotated * shrink[:, None])
    freedom = vectors**2 @ shrink - 1 / len(vectors)  # the mean is estimated as well
    return np.asarray(residual / np.maximum(freedom, 1e-12)[:, None])


def _inner_products(features: np.ndarray) -> np.ndarray:
    total = np.zeros((len(features), len(features)))
    for start in range(0, features.shape[1], _COLUMNS):
        part = features[:, start : start + _COLUMNS].astype(np.float64)
        total += part @ part.T
    return total


def _weights(features: np.ndarray, dual: np.ndarray) -> np.ndarray:
    parts = [features[:, s : s + _COLUMNS].astype(np.float64).T @ dual for s in range(0, features.shape[1], _COLUMNS)]
    return np.concatenate(parts)
