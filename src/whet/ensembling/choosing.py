"""Which way of combining to use, and what the choice is worth on examples that had no part in it.

Every way is fitted on all folds but one and scored on that one; the way of the lowest loss wins. The scores by which
the ensemble is judged come from one level deeper: for each fold the way, too, is chosen without it, so that trying
several ways is not free.
Source: nested cross-validation, Varma and Simon, "Bias in error estimation when using cross-validation for model
selection", 2006.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import whet.ensembling.ways  # noqa: F401  (fills the registry)
from whet.ensembling.losses import loss_of
from whet.ensembling.way import Way, ways
from whet.evaluation.blend import Blend
from whet.rng import make_numpy_generator

__all__ = ["Chosen", "choose", "folds_of"]

FOLDS, INNER_FOLDS = 5, 3
MOST = 1_500  # examples that the inner choice looks at: it is made once per fold and must be quick


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The best way, fitted on all examples."""

    name: str
    title: str
    blend: Blend
    losses: dict[str, float]  # cross-fitted, by the name of the way
    fair: np.ndarray  # (N, K) nested cross-fitted scores: what judging the ensemble takes


def choose(scores: Sequence[np.ndarray], truth: np.ndarray, clusters: np.ndarray, *, seed: int) -> Chosen:
    """Compare all ways on M members' (N, K) scores; examples of a cluster stay in one fold."""
    folds = folds_of(clusters, num=FOLDS, seed=seed)
    fitted = {name: _fits(way, scores, truth, folds) for name, way in ways.items()}
    crossed = {name: _out_of_fold(blends, scores, folds) for name, blends in fitted.items()}
    losses = {name: loss_of(each, truth) for name, each in crossed.items()}
    best = min(losses, key=lambda name: losses[name])
    fair = np.empty_like(crossed[best])
    for fold in np.unique(folds):
        held, rest = folds == fold, folds != fold
        name = _best_without(scores, truth, clusters, rest, seed=seed) if rest.any() else best
        fair[held] = crossed[name][held]
    return Chosen(name=best, title=ways[best].title, blend=ways[best].fit(scores, truth), losses=losses, fair=fair)


def folds_of(clusters: np.ndarray, *, num: int, seed: int) -> np.ndarray:
    """(N,) fold numbers below ``num``; a cluster is in one fold."""
    ids = np.unique(clusters, return_inverse=True)[1]
    fold_of = make_numpy_generator(seed, "ensemble", "folds").permutation(ids.max() + 1) % num
    return np.asarray(fold_of[ids])


def _best_without(
    scores: Sequence[np.ndarray], truth: np.ndarray, clusters: np.ndarray, rest: np.ndarray, *, seed: int
) -> str:
    """The way with the lowest cross-fitted loss on the examples of ``rest`` alone."""
    rows = np.flatnonzero(rest)
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST)).round().astype(np.int64))]
    some, known = [s[rows] for s in scores], truth[rows]
    folds = folds_of(clusters[rows], num=INNER_FOLDS, seed=seed)
    losses = {n: loss_of(_out_of_fold(_fits(w, some, known, folds), some, folds), known) for n, w in ways.items()}
    return min(losses, key=lambda name: losses[name])


def _fits(way: Way, scores: Sequence[np.ndarray], truth: np.ndarray, folds: np.ndarray) -> dict[int, Blend]:
    """By fold: the blend that was learnt without it; with a single fold there is nothing to learn from but itself."""
    numbers = np.unique(folds).tolist()
    kept = {n: folds != n if len(numbers) > 1 else folds == n for n in numbers}
    return {n: way.fit([s[rows] for s in scores], truth[rows]) for n, rows in kept.items()}


def _out_of_fold(blends: dict[int, Blend], scores: Sequence[np.ndarray], folds: np.ndarray) -> np.ndarray:
    result = np.empty(scores[0].shape)
    for fold, blend in blends.items():
        held = folds == fold
        result[held] = blend.combine([s[held] for s in scores])
    return result
