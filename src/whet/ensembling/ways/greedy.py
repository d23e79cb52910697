"""Greedy ensemble selection with replacement, leaning to the plain mean where examples are few.

Helps: large pools of unequal members. Hurts: with 30 examples the choice is noise, hence the leaning.
Source: Caruana et al., "Ensemble Selection from Libraries of Models", ICML 2004. Differs: members are chosen on
log-loss or squared error, which move with every example, and not on the metric itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from whet.ensembling.losses import LEAST, loss_of
from whet.ensembling.way import ways
from whet.ensembling.ways.mean_of_good import mean_weights
from whet.evaluation.blend import Blend

__all__ = ["Greedy", "constrained_weights", "greedy_weights", "leaning_weights"]

ROUNDS = 30
TRUSTED = 200  # examples at which chosen weights and plain averaging count alike


@dataclass(frozen=True, kw_only=True)
class Greedy:
    """Weights from so many rounds of adding the member that helps most."""

    title: str = "greedy selection"

    def fit(self, scores: Sequence[np.ndarray], truth: np.ndarray) -> Blend:
        """See ``Way.fit``."""
        return Blend(weights=tuple(leaning_weights(scores, truth).tolist()))


def greedy_weights(scores: Sequence[np.ndarray], truth: np.ndarray, *, rounds: int = ROUNDS) -> np.ndarray:
    """(M,) weights that sum to 1, for M members' (N, K) scores; the best single member is the start."""
    seen = _seen(scores, truth)
    counts, total = np.zeros(len(seen)), np.zeros(seen.shape[1])
    best, best_loss = counts, np.inf
    for step in range(1, rounds + 1):
        losses = _losses((total + seen) / step, truth, is_number=scores[0].shape[1] == 1)
        choice = int(np.argmin(losses))
        counts = counts + np.eye(len(seen))[choice]
        total = total + seen[choice]
        if losses[choice] < best_loss - 1e-12:  # a step that does not help may still lead to one that does
            best, best_loss = counts, float(losses[choice])
    return np.asarray(best / best.sum())


def leaning_weights(scores: Sequence[np.ndarray], truth: np.ndarray) -> np.ndarray:
    """(M,) weights: chosen ones where there are many examples, plain averaging of the good where there are few.

    With 30 examples the choice is noise, and averaging every member that cannot be told apart from the best is what
    holds up; with thousands the chosen weights are trusted.
    """
    trust = len(truth) / (len(truth) + TRUSTED)
    return np.asarray(trust * greedy_weights(scores, truth) + (1 - trust) * mean_weights(scores, truth))


def constrained_weights(
    scores: Sequence[np.ndarray], truth: np.ndarray, *, start: int, is_allowed: Callable[[np.ndarray], bool]
) -> np.ndarray:
    """(M,) weights of the lowest loss on the greedy way from member ``start`` whose (N, K) blend ``is_allowed``."""
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


def _seen(scores: Sequence[np.ndarray], truth: np.ndarray) -> np.ndarray:
    """(M, N): all that the loss of a mean depends on, the true class's probability or the value."""
    if scores[0].shape[1] == 1:
        return np.stack([s[:, 0] for s in scores])
    rows = np.arange(len(truth))
    return np.stack([s[rows, truth] for s in scores])


def _losses(seen: np.ndarray, truth: np.ndarray, *, is_number: bool) -> np.ndarray:
    """(M,) mean losses of (M, N)."""
    costs = (seen - truth) ** 2 if is_number else -np.log(np.clip(seen, LEAST, None))
    return np.asarray(costs.mean(axis=1))


ways.register("greedy")(Greedy())
