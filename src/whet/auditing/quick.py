"""A good quick model: every example is predicted by a model that never saw it.

Confident learning, costs and weak slices rest on these out-of-fold predictions. Tables: boosted trees; texts: linear
on words; series: MiniRocket; sounds: linear on cepstra; pictures: a small network with several views at prediction.
The network makes few passes, since a long training learns wrong labels by heart: of digits with 10 % wrong labels
8 and 16 epochs get 98.6 % right, 40 epochs 96.7 %.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

import whet.augment
import whet.data.encoders
import whet.models
import whet.models.estimators
import whet.tasks  # noqa: F401  (these fill the registries)
from whet.data.clusters import components
from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.data.splits import folds
from whet.errors import CannotJudgeError, DataError
from whet.evaluation.intervals import Interval, score_interval
from whet.recipe import Length, Recipe
from whet.tasks.target import Target
from whet.tasks.task import task_for
from whet.training.fit import fit
from whet.training.fitted import FitSetting
from whet.training.gathering import gather_facts

if TYPE_CHECKING:
    from whet.auditing.inspection import Inspection

__all__ = [
    "Quick",
    "fit_scores",
    "held_out_scores",
    "num_folds",
    "quick_recipe",
    "quick_setting",
    "recipe_for",
    "train_quickly",
]

MOST = {Modality.IMAGE: 50_000, Modality.TEXT: 50_000, Modality.TABLE: 50_000, Modality.SERIES: 20_000}
FEWEST = 30  # examples; with fewer no model says anything
ONE_THREAD = 50_000  # examples up to which one thread is nearly as fast
LEAST_S = 2.0  # that a quick model gets, however little is left
# Seconds without a budget or at most, and share of what is left of one. 50,000 pictures are audited within 5 minutes.
LIMITS = {False: (60.0, 180.0, 0.5), True: (200.0, 400.0, 0.65)}  # by: are they pictures?
VIEWS_S = {True: 150.0, False: 20.0}  # of one training, from which several views are worth their time; by: over 10,000
FEW = 2_000  # pictures whose views are looked at in a moment
A_FOLD_S = 8.0  # that a network on pictures needs at least
EPOCHS = (16.0, 10.0)  # of pictures: up to 10,000, more


@dataclass(frozen=True, kw_only=True)
class Quick:
    """Out-of-fold predictions. Line i belongs to training example ``positions[i]``."""

    title: str
    recipe: Recipe
    positions: np.ndarray  # (M,) ascending; a sample where the data are large
    truth: np.ndarray  # (M,) class codes or numbers
    scores: np.ndarray  # (M, K) probabilities or (M, 1) numbers, each by a model that did not see the example
    fold: np.ndarray  # (M,) which of the folds held the example out
    clusters: np.ndarray  # (M,) copies share one
    parts: tuple[tuple[np.ndarray, np.ndarray], ...]  # (lines trained on, lines held out) of each fold
    score: Interval  # primary metric, with its 95 % interval
    seconds: float


def train_quickly(inspection: Inspection) -> Quick:
    """Train in folds on at most ``MOST`` examples; copies stay on one side."""
    if inspection.target is None:
        raise CannotJudgeError("there is no target to learn")
    positions = inspection.sample(MOST.get(inspection.modality, 20_000), "quick")
    some = inspection.data.take(positions)
    if len(some) < FEWEST:
        raise CannotJudgeError(f"needs {FEWEST} examples for a quick model; there are {len(some)}")
    clusters = _clusters(inspection, positions)
    start = inspection.stopwatch.elapsed()
    try:
        seconds = _seconds(inspection)
        parts = folds(some, clusters, num_folds=num_folds(some, seconds), repeats=1, seed=inspection.seed)
        recipe = quick_recipe(inspection, some, seconds=seconds / len(parts))
        scores = fit_scores(inspection, some, recipe, parts)
    except DataError as fault:
        raise CannotJudgeError(f"the quick model could not be trained: {fault}") from fault
    truth = inspection.truth[positions]
    fold = np.zeros(len(some), np.int64)
    for number, (_, held) in enumerate(parts):
        fold[held] = number
    return Quick(
        title=recipe.architecture.replace("_", " "),
        recipe=recipe,
        positions=positions,
        truth=truth,
        scores=scores,
        fold=fold,
        clusters=clusters,
        parts=tuple(parts),
        score=score_interval(inspection.metric, truth, scores, clusters=clusters, seed=inspection.seed),
        seconds=inspection.stopwatch.elapsed() - start,
    )


def quick_recipe(inspection: Inspection, some: Dataset, *, seconds: float) -> Recipe:
    """The recipe of the quick model for examples of ``inspection``, each training limited to ``seconds``."""
    assert inspection.target is not None
    return recipe_for(some, inspection.target, metric=inspection.metric.name, seconds=seconds, seed=inspection.seed)


def recipe_for(data: Dataset, target: Target, *, metric: str, seconds: float, seed: int) -> Recipe:
    """The recipe of the quick model for ``data``, each training limited to ``seconds``."""
    if data.schema.modality is Modality.AUDIO:
        return Recipe(architecture="sound_linear", length=Length(seconds=seconds, epochs=None), seed=seed)
    task = task_for(data.schema)
    facts = gather_facts(task, target, metric, data, seed=seed)
    if data.schema.modality is not Modality.IMAGE:
        plain = task.baselines(facts)[-1]
        settings = {"crosses": 0} if plain.architecture == "boosted_trees" else {}  # half the time, nearly as good
        return replace(plain, settings=settings, length=Length(seconds=seconds, epochs=None), seed=seed)
    epochs = EPOCHS[len(data) > 10_000]
    return replace(
        task.default(facts),
        length=Length(seconds=seconds, epochs=epochs),
        test_time_augmentation=len(data) <= FEW or seconds >= VIEWS_S[len(data) > 10_000],
        seed=seed,
    )


def fit_scores(
    inspection: Inspection,
    some: Dataset,
    recipe: Recipe,
    parts: Sequence[tuple[np.ndarray, np.ndarray]],
    *,
    treat: Callable[[Dataset], Dataset] | None = None,
) -> np.ndarray:
    """(len(some), K) scores, each line by the model of the fold that held it out; ``treat`` changes training parts."""
    assert inspection.target is not None
    return held_out_scores(some, inspection.target, recipe, parts, metric=inspection.metric.name, treat=treat)


def held_out_scores(
    data: Dataset,
    target: Target,
    recipe: Recipe,
    parts: Sequence[tuple[np.ndarray, np.ndarray]],
    *,
    metric: str,
    treat: Callable[[Dataset], Dataset] | None = None,
) -> np.ndarray:
    """The same without an inspection."""
    scores = np.zeros((len(data), target.num_outputs))
    setting = quick_setting(data, metric)
    for train, held in parts:
        given = data.take(train) if treat is None else treat(data.take(train))
        training = fit(recipe, target, given, data.take(held), setting=setting)
        assert training.valid_scores is not None
        scores[held] = training.valid_scores
    return scores


def quick_setting(data: Dataset, metric: str) -> FitSetting:
    """One thread where there is little to do: two gain nothing there, and lose much beside other work."""
    small = len(data) <= ONE_THREAD and data.schema.modality is not Modality.IMAGE
    return FitSetting(metric=metric, num_threads=1 if small else None)


def num_folds(data: Dataset, seconds: float) -> int:
    """Five where that is cheap, three for large data, two for many pictures or where ``seconds`` for all are short.

    A network needs steps more than it needs examples: 1,999 hand signs within 14 s are told apart with an accuracy of
    0.40 in five folds, tried once by hand.
    """
    usual = 3 if len(data) > 5_000 else 5
    if data.schema.modality is not Modality.IMAGE:
        return usual
    return 2 if len(data) > 20_000 else max(2, min(usual, int(seconds / A_FOLD_S)))


def _clusters(inspection: Inspection, positions: np.ndarray) -> np.ndarray:
    """Copies (and members of a declared group) share a cluster."""
    whole = components(inspection.pairs, len(inspection.data))
    if inspection.data.groups is not None:
        _, codes = np.unique(inspection.data.groups.astype(str), return_inverse=True)
        by_group = np.column_stack([np.unique(codes, return_index=True)[1][codes], np.arange(len(codes))])
        whole = components(np.concatenate([inspection.pairs, by_group]), len(codes))
    return np.asarray(np.unique(whole[positions], return_inverse=True)[1])


def _seconds(inspection: Inspection) -> float:
    """For all folds together."""
    without, most, share = LIMITS[inspection.modality is Modality.IMAGE]
    left = inspection.stopwatch.left()
    return without if left == float("inf") else max(LEAST_S, min(most, share * left))
