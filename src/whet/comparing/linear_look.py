"""What a linear model makes of the data: its learning curve, and for texts whether word pairs say more than words."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from whet.errors import TrainingFailedError, WhetError
from whet.evaluation.intervals import gain_interval, score_interval
from whet.improving.baselines import title_of
from whet.improving.prepare import Prepared, truth_of
from whet.models.estimators.estimator import estimators
from whet.recipe import Length, Recipe
from whet.report.amounts import difference, interval_of_gain
from whet.rng import make_numpy_generator
from whet.training.fit import fit
from whet.training.fitted import FitSetting

__all__ = ["CurveStep", "Order", "learning_curve", "word_order"]

MOST_TRAIN, MOST_VALID = 6_000, 3_000  # examples, so that it stays a matter of seconds
SHARES = (0.25, 0.5, 1.0)
LIMIT_S = 8.0  # of one linear model
HEAVIER = ("majority", "boosted_trees")  # baselines that are not linear


@dataclass(frozen=True, kw_only=True)
class CurveStep:
    """The linear model after so many training examples, on the same validation examples."""

    num_train: int
    score: float
    low: float  # 95 % interval
    high: float


@dataclass(frozen=True, kw_only=True)
class Order:
    """What word pairs beside words gain a linear model: a first sign of whether order matters."""

    gain: float
    low: float  # 95 % interval, paired
    high: float
    words: str  # the same for people


def learning_curve(prepared: Prepared, *, seed: int) -> tuple[str, tuple[CurveStep, ...]]:
    """(title of the linear baseline, its scores at a quarter, half and all of the examples looked at)."""
    recipe = _linear(prepared)
    if recipe is None:
        return "", ()
    train, valid = _rows(prepared, seed)
    truth = _truth(prepared, valid)
    steps = []
    for share in SHARES:
        some = train[: max(2, round(share * len(train)))]
        scores = _scores(prepared, recipe, some, valid, seed)
        if scores is None:
            continue
        try:
            found = score_interval(prepared.metric, truth, scores, clusters=prepared.clusters[valid], seed=seed)
        except WhetError:  # one class only among the validation examples
            continue
        steps.append(CurveStep(num_train=len(some), score=found.value, low=found.low, high=found.high))
    return title_of(recipe), tuple(steps)


def word_order(prepared: Prepared, *, seed: int) -> Order | None:
    """Words and word pairs against words alone, on the same validation texts."""
    if "tfidf_linear" not in estimators:
        return None
    train, valid = _rows(prepared, seed)
    pairs, words = (
        _scores(prepared, Recipe(architecture="tfidf_linear", settings={"word_ngrams": n}), train, valid, seed)
        for n in (2, 1)
    )
    if pairs is None or words is None:
        return None
    try:
        gain, low, high = gain_interval(
            prepared.metric, _truth(prepared, valid), pairs, words, clusters=prepared.clusters[valid], seed=seed
        )
    except WhetError:
        return None
    unit = prepared.metric.unit
    said = f"{difference(gain, unit)} (95 % interval {interval_of_gain(low, high, unit)})"
    return Order(gain=gain, low=low, high=high, words=said)


def _linear(prepared: Prepared) -> Recipe | None:
    """The first baseline that looks at the examples and is linear in what it sees."""
    chosen = [r for r in prepared.task.baselines(prepared.facts) if r.architecture not in HEAVIER]
    return chosen[0] if chosen else None


def _rows(prepared: Prepared, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Training rows in a random order, so that a part of them is a sample, and validation rows."""
    generator = make_numpy_generator(seed, "quick look")
    return generator.permutation(prepared.train)[:MOST_TRAIN], generator.permutation(prepared.valid)[:MOST_VALID]


def _truth(prepared: Prepared, rows: np.ndarray) -> np.ndarray:
    assert prepared.data.target is not None
    return truth_of(prepared.target, prepared.data.target[rows])


def _scores(prepared: Prepared, recipe: Recipe, train: np.ndarray, valid: np.ndarray, seed: int) -> np.ndarray | None:
    limited = replace(recipe, length=Length(seconds=LIMIT_S, epochs=None), seed=seed)
    setting = FitSetting(metric=prepared.metric.name)
    try:
        data = prepared.data
        return fit(limited, prepared.target, data.take(train), data.take(valid), setting=setting).valid_scores
    except (TrainingFailedError, WhetError, ValueError, RuntimeError):  # too few examples for it: not measured
        return None
