"""Fits how classes are mistaken for each other, and how far the sources are to be believed, by likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from whet.auditing.labels.transition import Transition

__all__ = ["NoiseFit", "class_shares", "fit_clean", "fit_noise", "judged", "true_probs"]

ROUNDS = 50  # of expectation and maximisation; most data need 30
ENOUGH = 2e-4  # change of any transition; a round that changes less is the last one
STEPS = 5  # of the optimiser in each round
MOST_STEPS = 60  # where there is one round only
HEAVIEST = 8.0  # weight of a source; on few examples that are told apart perfectly it would grow without end
RIDGE = 1.0  # on offsets and weights: worth about one example each
FIRST_GUESS = 0.05  # share of wrong labels


@dataclass(frozen=True, kw_only=True)
class NoiseFit:
    """What makes the given labels likeliest."""

    theta: np.ndarray  # (S + K,): a weight for each source, an offset for each class
    transition: Transition
    log_likelihood: float  # sum over examples, each judged by the transitions of the others


def fit_clean(logits: np.ndarray, given: np.ndarray) -> NoiseFit:
    """As if no label were wrong: only weights and offsets of ``logits`` (S, N, K) are fitted to ``given`` (N,)."""
    num_sources, num, num_classes = logits.shape
    start = _centre(num_sources, num_classes)
    theta = _sharpened(start, logits, np.eye(num_classes)[given], steps=MOST_STEPS)
    probs = true_probs(theta, logits)[np.arange(num), given]
    none = Transition.guess(0.0, class_shares(given, num_classes))
    return NoiseFit(theta=theta, transition=none, log_likelihood=float(np.log(np.maximum(probs, 1e-300)).sum()))


def fit_noise(logits: np.ndarray, given: np.ndarray, *, start: Transition | None = None) -> NoiseFit:
    """Expectation-maximisation from ``start``, or from few errors up, so that difficulty is not taken for noise."""
    num_sources, num, num_classes = logits.shape
    shares = class_shares(given, num_classes)
    theta = _centre(num_sources, num_classes)
    transition = start or Transition.guess(FIRST_GUESS, shares)
    own = np.zeros((num, num_classes))
    for _ in range(ROUNDS):
        before = transition.matrix
        own, _ = judged(true_probs(theta, logits), given, transition, own)
        transition = Transition.counted(own, given, shares)
        theta = _sharpened(theta, logits, own, steps=STEPS)
        if np.abs(transition.matrix - before).max() < ENOUGH:
            break
    _, now = judged(true_probs(theta, logits), given, transition, own)
    return NoiseFit(theta=theta, transition=transition, log_likelihood=now)


def judged(probs: np.ndarray, given: np.ndarray, transition: Transition, own: np.ndarray) -> tuple[np.ndarray, float]:
    """(N, K) P(true | x, given), and the log-likelihood of all given labels."""
    joint = probs * transition.seen_by_others(given, own)
    total = np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
    return joint / total, float(np.log(total).sum())


def class_shares(given: np.ndarray, num_classes: int) -> np.ndarray:
    """(K,) of the labels, none of them zero."""
    return np.asarray((np.bincount(given, minlength=num_classes) + 1.0) / (len(given) + num_classes))


def true_probs(theta: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """(N, K): P(true | x), the sources pooled."""
    return np.asarray(np.exp(log_softmax(_pool(theta, logits), axis=1)))


def _pool(theta: np.ndarray, logits: np.ndarray) -> np.ndarray:
    weights = theta[: len(logits), None, None]
    return np.asarray((weights * logits).sum(axis=0) + theta[len(logits) :])


def _centre(num_sources: int, num_classes: int) -> np.ndarray:
    return np.concatenate([np.full(num_sources, 1.0 / num_sources), np.zeros(num_classes)])


def _sharpened(theta: np.ndarray, logits: np.ndarray, posterior: np.ndarray, *, steps: int) -> np.ndarray:
    """Some steps towards the weights and offsets that predict the posterior best."""
    num_sources, _, num_classes = logits.shape
    centre = _centre(num_sources, num_classes)

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        log_probs = log_softmax(_pool(at, logits), axis=1)
        excess = np.exp(log_probs) - posterior
        slope = np.concatenate([(logits * excess).sum(axis=(1, 2)), excess.sum(axis=0)])
        away = at - centre
        return float(-(posterior * log_probs).sum() + RIDGE * away @ away), slope + 2 * RIDGE * away

    bounds = [(0.0, HEAVIEST)] * num_sources + [(None, None)] * num_classes
    found = minimize(loss, theta, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps})
    return np.asarray(found.x)
