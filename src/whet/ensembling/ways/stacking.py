"""Stacking: a regularised linear model on the members' scores, with weights that are never negative.

Classes: softmax(sum over m of w_m log p_m + b), a multinomial logistic model on log-probabilities whose weights are
shared by all classes, so that it has M + K numbers to learn whatever the pool. Numbers: sum over m of w_m f_m + b.
Helps: members that are right in different places and wrong in their confidence; a pool whose members all err to one
side. Hurts: with few examples, although the penalty then keeps it near the plain average.
Source: Wolpert, "Stacked Generalization", 1992; Breiman, "Stacked Regressions", 1996 (non-negative weights, ridge).
Differs: the ridge pulls to equal weights that sum to 1, not to 0, and its strength is fixed: a normal prior of
standard deviation ``spread`` on each weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, nnls
from scipy.special import logsumexp

from whet.ensembling.way import ways
from whet.evaluation.blend import LEAST, Blend

__all__ = ["Stacking"]

MOST = 2_000  # examples learnt from: many for M + K numbers, few enough to be quick
ROUNDS = 60  # of the optimiser


@dataclass(frozen=True, kw_only=True)
class Stacking:
    """Learn weights and a constant per class."""

    spread: float = 0.3  # how far a weight may be expected to lie from equal weights
    title: str = "linear stacking"

    def fit(self, scores: Sequence[np.ndarray], truth: np.ndarray) -> Blend:
        """See ``Way.fit``."""
        if len(scores) == 1:
            return Blend(weights=(1.0,))
        every = np.unique(np.linspace(0, len(truth) - 1, min(len(truth), MOST)).round().astype(np.int64))
        members, known = [s[every] for s in scores], truth[every]
        return self._numbers(members, known) if scores[0].shape[1] == 1 else self._classes(members, known)

    def _numbers(self, scores: Sequence[np.ndarray], truth: np.ndarray) -> Blend:
        """Ridge by non-negative least squares; the penalty enters as further rows."""
        values = np.concatenate(scores, axis=1).astype(np.float64)  # (N, M)
        centre, mean = values.mean(axis=0), float(truth.mean())
        count = values.shape[1]
        noise = float(min(((s[:, 0] - truth) ** 2).mean() for s in scores)) ** 0.5
        pull = max(noise, 1e-12) / self.spread
        rows = np.concatenate([values - centre, pull * np.eye(count)])
        weights = nnls(rows, np.concatenate([truth - mean, np.full(count, pull / count)]))[0]
        return Blend(weights=tuple(weights.tolist()), bias=(mean - float(centre @ weights),))

    def _classes(self, scores: Sequence[np.ndarray], truth: np.ndarray) -> Blend:
        logs = np.log(np.clip(np.stack(scores), LEAST, None))  # (M, N, K)
        count, classes = len(scores), logs.shape[2]
        pull, rows = 1 / self.spread**2, np.arange(len(truth))
        target = np.eye(classes)[truth]

        def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
            weights, bias = x[:count], x[count:]
            blended = np.tensordot(weights, logs, axes=1) + bias
            total = logsumexp(blended, axis=1)
            missing = np.exp(blended - total[:, None]) - target
            value = (total - blended[rows, truth]).sum() + pull / 2 * (((weights - 1 / count) ** 2).sum() + bias @ bias)
            of_weights = np.tensordot(logs, missing, axes=2) + pull * (weights - 1 / count)
            return float(value), np.concatenate([of_weights, missing.sum(axis=0) + pull * bias])

        start = np.concatenate([np.full(count, 1 / count), np.zeros(classes)])
        bounds = [(0.0, None)] * count + [(None, None)] * classes
        found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": ROUNDS})
        weights, bias = found.x[:count], found.x[count:] - found.x[count:].mean()
        if weights.sum() <= 0:
            return Blend(weights=(1 / count,) * count)
        # weights that sum to 1; what is left of their size is a sharpness, which is a temperature of each member
        sharpness = float(weights.sum())
        return Blend(
            weights=tuple((weights / sharpness).tolist()),
            member_temperatures=(1 / sharpness,) * count,
            pool="logs",
            bias=tuple(bias.tolist()),
        )


ways.register("stacking")(Stacking())
