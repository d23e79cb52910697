"""Scores of the quick recipe on growing parts of the training examples, always on the same held-out examples.

The small sizes are trained with several seeds, each on a draw of its own; draws keep whole clusters, and a class that
is in the training examples is in every draw. Several folds of the quick model steady the curve where time allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from whet.auditing.inspection import Inspection
from whet.auditing.quick import Quick, quick_setting
from whet.evaluation.extrapolation import CurvePoint
from whet.rng import make_numpy_generator
from whet.training.fit import fit

__all__ = ["LearningCurve", "Trained", "learning_curve"]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """One model: what it was trained on, and how it did on the examples that its fold holds out."""

    share: float
    part: int  # the fold
    size: int
    loss: float
    hits: np.ndarray  # (K,) how many of each class it got right; empty for numbers


@dataclass(frozen=True, kw_only=True)
class LearningCurve:
    """All trainings. Losses are 1 - score where more is better, the score itself otherwise."""

    trained: tuple[Trained, ...]
    class_sizes: np.ndarray  # (P, K) of the examples each fold holds out; empty for numbers
    num_held: int  # examples held out, over all folds
    guessing: float  # loss of an answer that does not look at the example

    def points(self) -> list[CurvePoint]:
        """One per share; a share trained once takes the spread of the next smaller one, which is larger if anything."""
        found: list[CurvePoint] = []
        spread = 0.0
        for share in sorted({t.share for t in self.trained}):
            mine = [t for t in self.trained if t.share == share]
            losses, parts = np.array([t.loss for t in mine]), np.array([t.part for t in mine])
            freedom = len(mine) - len(set(parts.tolist()))
            if freedom:
                means = np.bincount(parts, weights=losses) / np.maximum(np.bincount(parts), 1)
                spread = float(np.sqrt(np.square(losses - means[parts]).sum() / freedom))
            size = float(np.mean([t.size for t in mine]))
            error = spread / float(np.sqrt(len(mine)))
            found.append(CurvePoint(size=size, loss=float(losses.mean()), error=error))
        return found

    def recalls(self, share: float) -> np.ndarray:
        """(K,) recall of each class by the models trained on ``share``; NaN for a class that was not held out."""
        mine = [t for t in self.trained if t.share == share]
        sizes = sum(self.class_sizes[t.part] for t in mine)
        hits = np.sum([t.hits for t in mine], axis=0)
        return np.where(sizes > 0, hits / np.maximum(sizes, 1), np.nan)


def learning_curve(inspection: Inspection, plan: Sequence[tuple[float, int]], *, num_parts: int = 1) -> LearningCurve:
    """Train on each share of ``plan``, (share, number of seeds), of what the quick model's first folds train on."""
    quick = inspection.quick
    parts = quick.parts[:num_parts]
    trained = [
        _trained(inspection, share, part, seed)
        for part in range(len(parts))
        for share, seeds in plan
        for seed in range(seeds)
    ]
    return LearningCurve(
        trained=tuple(trained),
        class_sizes=np.stack([_class_counts(inspection, quick.truth[held]) for _, held in parts]),
        num_held=sum(len(held) for _, held in parts),
        guessing=float(np.mean([_blind_loss(inspection, train, held) for train, held in parts])),
    )


def _trained(inspection: Inspection, share: float, part: int, seed: int) -> Trained:
    quick = inspection.quick
    assert inspection.target is not None
    train, held = quick.parts[part]
    lines = _drawn(inspection, train, share, seed)
    recipe = replace(quick.recipe, seed=inspection.seed + seed)
    given, held_out = (inspection.data.take(quick.positions[some]) for some in (lines, held))
    training = fit(recipe, inspection.target, given, held_out, setting=quick_setting(given, inspection.metric.name))
    scores, truth = training.valid_scores, quick.truth[held]
    assert scores is not None
    right = truth[scores.argmax(axis=1) == truth] if inspection.is_classes else truth[:0]
    loss = _loss(inspection, truth, scores)
    return Trained(share=share, part=part, size=len(lines), loss=loss, hits=_class_counts(inspection, right))


def _class_counts(inspection: Inspection, truth: np.ndarray) -> np.ndarray:
    if not inspection.is_classes:
        return np.zeros(0, dtype=np.int64)
    assert inspection.target is not None
    return np.bincount(truth, minlength=inspection.target.num_outputs)


def _loss(inspection: Inspection, truth: np.ndarray, scores: np.ndarray) -> float:
    score = inspection.metric.compute(truth, scores)
    return 1.0 - score if inspection.metric.higher_is_better else score


def _blind_loss(inspection: Inspection, train: np.ndarray, held: np.ndarray) -> float:
    """Of saying the class shares, or the mean, of the training examples."""
    truth = inspection.quick.truth
    shares = _class_counts(inspection, truth[train]) / len(train)
    said = shares if inspection.is_classes else np.array([truth[train].mean()])
    return _loss(inspection, truth[held], np.repeat(said[None], len(held), axis=0))


def _drawn(inspection: Inspection, train: np.ndarray, share: float, seed: int) -> np.ndarray:
    """A ``share`` of the lines ``train``, in whole clusters; two of each class at least."""
    if share >= 1.0:
        return train
    quick: Quick = inspection.quick
    clusters, codes = np.unique(quick.clusters[train], return_inverse=True)
    generator = make_numpy_generator(inspection.seed, "learning curve", str(seed))
    order = np.argsort(generator.permutation(len(clusters))[codes], kind="stable")
    taken = order[: max(2, round(share * len(train)))]
    if inspection.is_classes:
        first = [order[quick.truth[train][order] == c][:2] for c in np.unique(quick.truth[train])]
        taken = np.unique(np.concatenate([taken, *first]))
    return np.asarray(np.sort(train[taken]))
