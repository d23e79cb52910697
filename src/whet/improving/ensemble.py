"""Greedy ensemble selection with replacement over the scores of all trials.

Source: Caruana et al., "Ensemble Selection from Libraries of Models", ICML 2004. Differs: members are chosen on
log-loss or squared error, which move with every example, and the result is held against the best single model in the
primary metric; the gain that is judged comes from weights that were chosen on other examples (cross-fitting).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from whet.rng import make_numpy_generator

__all__ = ["constrained_weights", "cross_fitted", "ensemble_weights", "greedy_weights", "is_worse", "loss_of"]

ROUNDS = 30
FOLDS = 5
TRUSTED = 200  # examples at which chosen weights and plain averaging count alike


def greedy_weights(scores: Sequence[np.ndarray], truth: np.ndarray, *, rounds: int = ROUNDS) -> np.ndarray:
    """(M,) weights that sum to 1, for M members' (N, K) scores; the best single member is the start."""
    stack = np.stack(scores)
    counts = np.zeros(len(stack))
    total = np.zeros_like(stack[0])
    best, best_loss = counts, np.inf
    for step in range(1, rounds + 1):
        losses = [loss_of((total + member) / step, truth) for member in stack]
        choice = int(np.argmin(losses))
        counts = counts + np.eye(len(stack))[choice]
        total += stack[choice]
        if losses[choice] < best_loss - 1e-12:  # a step that does not help may still lead to one that does
            best, best_loss = counts, losses[choice]
    return np.asarray(best / best.sum())


def ensemble_weights(scores: Sequence[np.ndarray], truth: np.ndarray) -> np.ndarray:
    """(M,) weights: chosen ones where there are many examples, plain averaging of the good members where there are few.

    With 30 examples the choice is noise, and averaging every member that cannot be told apart from the best is what
    holds up; with thousands the chosen weights are trusted.
    """
    trust = len(truth) / (len(truth) + TRUSTED)
    return np.asarray(trust * greedy_weights(scores, truth) + (1 - trust) * _good(scores, truth))


def constrained_weights(
    scores: Sequence[np.ndarray], truth: np.ndarray, *, start: int, is_allowed: Callable[[np.ndarray], bool]
) -> np.ndarray:
    """(M,) weights of the lowest loss on the greedy way from member ``start`` whose blend ``is_allowed``."""
    stack = np.stack(scores)
    counts, total = np.eye(len(stack))[start], stack[start].copy()
    best, best_loss = counts, loss_of(stack[start], truth)
    for step in range(2, ROUNDS + 1):
        blends = [(total + member) / step for member in stack]
        order = sorted(range(len(stack)), key=lambda m: loss_of(blends[m], truth))
        choice = next((m for m in order if is_allowed(blends[m])), order[0])
        counts = counts + np.eye(len(stack))[choice]
        total += stack[choice]
        loss = loss_of(blends[choice], truth)
        if loss < best_loss - 1e-12 and is_allowed(blends[choice]):
            best, best_loss = counts, loss
    return np.asarray(best / best.sum())


def _good(scores: Sequence[np.ndarray], truth: np.ndarray) -> np.ndarray:
    """Equal weights on the members that cannot be told apart from the best, in their loss or in their answers."""
    alike = _alike(np.stack([_losses(s, truth) for s in scores]))
    if scores[0].shape[1] > 1:
        alike |= _alike(np.stack([(s.argmax(axis=1) != truth).astype(float) for s in scores]))
    return np.asarray(alike / alike.sum())


def _alike(costs: np.ndarray) -> np.ndarray:
    """(M,) bool from (M, N) costs: within two standard errors of the paired difference to the best member."""
    excess = costs - costs[costs.mean(axis=1).argmin()]
    error = excess.std(axis=1) / np.sqrt(max(1, costs.shape[1] - 1))
    return np.asarray(excess.mean(axis=1) <= 2 * error)


def is_worse(scores: np.ndarray, than: np.ndarray, truth: np.ndarray) -> bool:
    """Is the loss of ``scores`` higher by more than two standard errors of the paired difference."""
    excess = _losses(scores, truth) - _losses(than, truth)
    return bool(excess.mean() > 2 * excess.std() / np.sqrt(max(1, len(truth) - 1)))


def cross_fitted(scores: Sequence[np.ndarray], truth: np.ndarray, clusters: np.ndarray, *, seed: int) -> np.ndarray:
    """(N, K) ensemble scores of each example with weights that were chosen without its fold."""
    ids = np.unique(clusters, return_inverse=True)[1]
    fold_of = make_numpy_generator(seed, "ensemble", "folds").permutation(ids.max() + 1) % FOLDS
    folds = fold_of[ids]
    result = np.zeros_like(scores[0])
    for fold in range(FOLDS):
        out = folds == fold
        if not out.any():
            continue
        weights = ensemble_weights([s[~out] for s in scores], truth[~out])
        result[out] = np.tensordot(weights, np.stack([s[out] for s in scores]), axes=1)
    return result


def loss_of(scores: np.ndarray, truth: np.ndarray) -> float:
    """Log-loss of (N, K) probabilities, or mean squared error of (N, 1) values."""
    return float(_losses(scores, truth).mean())


def _losses(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    if scores.shape[1] == 1:
        return np.asarray((scores[:, 0] - truth) ** 2)
    return np.asarray(-np.log(np.clip(scores[np.arange(len(truth)), truth], 1e-9, None)))
