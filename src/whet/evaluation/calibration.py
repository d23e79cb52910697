"""Temperature scaling: one number that makes probabilities mean what they say, without changing any answer.

Helps: over-confident networks and ensembles. Hurts: nothing in accuracy; on examples unlike the calibration set the
probabilities are still only as good as the model.
Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. Differs: works on log-probabilities (the
scores that travel here), and log T has a standard normal prior worth one example, so that a handful of right answers
does not make the model certain of everything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from whet.errors import DataError
from whet.evaluation.metrics.confidence import NUM_BINS, confidence_bins

__all__ = ["Reliability", "apply_temperature", "fit_temperature", "reliability"]

LOWEST, HIGHEST = 0.1, 10.0


@dataclass(frozen=True)
class Reliability:
    """The reliability curve: one entry per bin that holds examples, (bins,) each."""

    confidence: np.ndarray  # mean largest probability
    accuracy: np.ndarray  # share that is right
    count: np.ndarray  # examples


def fit_temperature(scores: np.ndarray, truth: np.ndarray) -> float:
    """The temperature in [0.1, 10] that makes (N, K) ``scores`` most likely; above 1 softens.

    Fit it on examples that the model was not trained on.
    """
    if len(truth) == 0:
        raise DataError("fit_temperature needs at least 1 example; got none.")
    logs = np.log(np.clip(scores, 1e-12, None))
    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        scaled = logs / np.exp(log_temperature)
        surprise = logsumexp(scaled, axis=1) - scaled[rows, truth]
        return float(surprise.sum() + 0.5 * log_temperature**2)

    best = minimize_scalar(loss, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded", options={"xatol": 1e-4})
    # one exact comparison: probabilities that are fine already stay bit for bit
    return float(np.exp(best.x)) if loss(float(best.x)) < loss(0.0) else 1.0


def apply_temperature(scores: np.ndarray, temperature: float) -> np.ndarray:
    """(N, K) probabilities to the power 1 / ``temperature``, summing to 1; 1 returns ``scores`` as they are.

    >>> apply_temperature(np.array([[0.8, 0.2]]), 1.0).tolist()
    [[0.8, 0.2]]
    """
    if temperature == 1.0:
        return scores
    logs = np.log(np.clip(scores, 1e-12, None)) / temperature
    return np.asarray(np.exp(logs - logsumexp(logs, axis=1, keepdims=True)))


def reliability(scores: np.ndarray, truth: np.ndarray) -> Reliability:
    """How often predictions of each confidence are right, in the bins of the calibration error."""
    confidence = scores.max(axis=1)
    bins = confidence_bins(confidence)
    count = np.bincount(bins, minlength=NUM_BINS)
    held = count > 0
    right = np.bincount(bins, weights=scores.argmax(axis=1) == truth, minlength=NUM_BINS)
    total = np.bincount(bins, weights=confidence, minlength=NUM_BINS)
    return Reliability(total[held] / count[held], right[held] / count[held], count[held])
