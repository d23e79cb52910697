"""The linear model on frozen features: logistic or ridge regression for classes, ridge for a number.

The strength of the penalty is chosen on a random 15 % of the examples, then everything is fitted; ridge below 2,000
examples takes exact leave-one-out errors instead (``linear_head``).
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from whet.models.estimators.linear_head import LinearHead
from whet.models.gram import Moments, solve

__all__ = ["fit_classes", "fit_number"]

HELD_OUT = 0.15  # of the examples choose the penalty
# Inverse strengths on standardised features; beyond 1 the training examples are separated and nothing is gained.
INVERSE_PENALTIES = (0.0003, 0.003, 0.03, 0.3)
STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)  # of ridge, relative to a feature's variance
FEW = 2_000  # examples below which ridge is fitted by leave-one-out
ITERATIONS = 200  # of L-BFGS
ABSENT = -20.0  # log-odds of a class without training examples


def fit_classes(
    features: np.ndarray,
    codes: np.ndarray,
    *,
    num_classes: int,
    by_ridge: bool,
    rng: np.random.Generator,
    seconds: float | None,
) -> LinearHead:
    """(N, F) float32 standardised features and (N,) codes below ``num_classes``."""
    if by_ridge:
        return LinearHead.fit_classes(features, codes, num_classes=num_classes, rng=rng, seconds=seconds)
    held, used = _held_out(len(codes), rng)
    best = INVERSE_PENALTIES[1]
    if len(held) and len(np.unique(codes[used])) > 1:
        losses = []
        for inverse in INVERSE_PENALTIES:
            coef, intercept = _logistic(features[used], codes[used], num_classes, inverse)
            log_probs = log_softmax(features[held] @ coef + intercept, axis=1)
            losses.append((-float(log_probs[np.arange(len(held)), codes[held]].mean()), inverse))
        best = min(losses)[1]
    return LinearHead(*_logistic(features, codes, num_classes, best), 1.0)


def fit_number(
    features: np.ndarray, values: np.ndarray, *, rng: np.random.Generator, seconds: float | None
) -> LinearHead:
    """(N, F) float32 standardised features and (N,) float64 values in their own units."""
    if len(features) <= FEW:
        return LinearHead.fit_number(features, values, rng=rng, seconds=seconds)
    centre, scale = float(values.mean()), float(values.std()) or 1.0
    x, y = torch.from_numpy(features), torch.from_numpy((values - centre) / scale).float()[:, None]
    held, used = (torch.from_numpy(part) for part in _held_out(len(values), rng))
    some, rest = Moments.of(x[used], y[used]), Moments.of(x[held], y[held])
    errors = []
    for strength in STRENGTHS:
        weights, intercept = solve(some, strength)
        errors.append((float(((x[held].double() @ weights + intercept - y[held]) ** 2).mean()), strength))
    weights, intercept = solve(some + rest, min(errors)[1])
    return LinearHead(weights.numpy() * scale, intercept.numpy() * scale + centre, 0.0)


def _held_out(num: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    order = rng.permutation(num)
    size = int(HELD_OUT * num)
    return np.sort(order[:size]), np.sort(order[size:])


def _logistic(
    features: np.ndarray, codes: np.ndarray, num_classes: int, inverse: float
) -> tuple[np.ndarray, np.ndarray]:
    """(F, K) weights and (K,) intercepts, a symmetric pair for two classes."""
    coef, intercept = np.zeros((features.shape[1], num_classes)), np.full(num_classes, ABSENT)
    present = np.unique(codes)
    if len(present) == 1:
        intercept[present] = 0.0
        return coef, intercept
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # ITERATIONS is the limit we chose
        model = LogisticRegression(C=inverse, max_iter=ITERATIONS).fit(features, codes)
    if len(present) == 2:
        coef[:, present] = np.hstack([-model.coef_.T, model.coef_.T]) / 2
        intercept[present] = np.array([-1, 1]) * model.intercept_ / 2
    else:
        coef[:, present], intercept[present] = model.coef_.T, model.intercept_
    return coef, intercept
