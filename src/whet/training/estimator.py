"""Fits an estimator: a closed form or a library does the work, so there is no loop and no curve."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from whet.data.dataset import Dataset
from whet.errors import ConfigError
from whet.evaluation.metric import metrics
from whet.models.estimators.estimator import Estimator, can_weigh, estimators
from whet.recipe import Recipe
from whet.state import State
from whet.tasks.target import Target
from whet.training.ending import TRAIN_SAMPLE
from whet.training.fitted import FitSetting, Training
from whet.training.interrupted import Interrupted
from whet.training.threads import threads_for, using_threads
from whet.training.validation import sample, truth

__all__ = ["FittedEstimator", "fit_estimator"]


@dataclass(frozen=True)
class FittedEstimator:
    """See ``Fitted``."""

    estimator: Estimator

    def scores(self, dataset: Dataset) -> np.ndarray:
        """(N, K) float64."""
        return self.estimator.scores(dataset)

    def state(self) -> State:
        """The estimator's own."""
        return self.estimator.state()


def fit_estimator(
    recipe: Recipe, target: Target, train: Dataset, valid: Dataset | None, *, setting: FitSetting
) -> Training:
    """See ``fit``. Of the recipe, name, settings, seconds and seed apply."""
    begin = time.perf_counter()
    cls = estimators[recipe.architecture]
    _check(recipe, target, train)
    if setting.should_stop is not None and setting.should_stop():
        raise Interrupted
    num_threads = setting.num_threads or threads_for(len(train))
    with using_threads(num_threads):
        estimator = cls.fit(
            train,
            target,
            recipe.settings,
            valid=valid,
            seed=recipe.seed,
            seconds=recipe.length.seconds,
            num_threads=num_threads,
        )
        valid_scores = None if valid is None else estimator.scores(valid)
        known = train.take(sample(len(train), TRAIN_SAMPLE))
        train_score = float(metrics[setting.metric].compute(truth(target, known), estimator.scores(known)))
    return Training(
        fitted=FittedEstimator(estimator),
        valid_scores=valid_scores,
        seconds=time.perf_counter() - begin,
        num_parameters=sum(a.size for a in estimator.state().arrays.values()),
        train_score=train_score,
        speed={"num_threads": num_threads},
    )


def _check(recipe: Recipe, target: Target, train: Dataset) -> None:
    cls, modality = estimators[recipe.architecture], train.schema.modality
    if modality not in cls.modalities:
        raise ConfigError(
            f"estimator {recipe.architecture!r} reads {', '.join(sorted(cls.modalities))} examples; "
            f"these are {modality}. Choose another architecture."
        )
    if train.weights is not None and not can_weigh(recipe.architecture):
        raise ConfigError(
            f"estimator {recipe.architecture!r} cannot let examples count less; the recipe's treatments weigh them. "
            "Leave suspected labels out instead (drop_suspected_labels)."
        )
    if recipe.distillation.weight:
        raise ConfigError(
            f"estimator {recipe.architecture!r} learns from labels, not from a teacher: "
            "set Recipe.distillation.weight to 0."
        )
    if target.kind not in cls.kinds:
        raise ConfigError(
            f"estimator {recipe.architecture!r} predicts {', '.join(sorted(cls.kinds))}; the target here is "
            f"of kind {target.kind!r}. Choose another architecture."
        )
