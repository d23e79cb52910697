from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from training_world import SETTING, class_target, number_target, numbers_dataset, recipe

from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.estimators.estimator import estimators
from whet.state import State
from whet.training.fit import fit
from whet.training.interrupted import Interrupted
from whet.training.restore import restore


@estimators.register("test_training_frequencies")
class Frequencies:
    """Predicts how frequent each class is."""

    modalities = frozenset({Modality.TABLE})
    kinds = frozenset({"classes"})

    def __init__(self, shares):
        self.shares = shares

    @classmethod
    def fit(cls, train, target, settings, *, valid, seed, seconds, num_threads):
        return cls(np.bincount(target.encode(train.target), minlength=target.num_outputs) / len(train))

    def scores(self, dataset):
        return np.tile(self.shares, (len(dataset), 1))

    def state(self):
        return State({}, {"shares": self.shares})

    @classmethod
    def from_state(cls, state):
        return cls(state.arrays["shares"])


TRAIN, VALID = numbers_dataset(30), numbers_dataset(10, seed=1)
RECIPE = recipe(architecture="test_training_frequencies")


def test_an_estimator_is_fitted_scored_and_restored():
    training = fit(RECIPE, class_target(), TRAIN, VALID, setting=SETTING)
    assert training.valid_scores.shape == (10, 3)
    assert training.curve == ()
    assert training.num_parameters == 3
    assert 0 < training.train_score < 1
    back = restore(RECIPE, class_target(), training.fitted.state())
    assert back.scores(VALID).tolist() == training.valid_scores.tolist()


def test_an_estimator_that_does_not_suit_the_target_says_so():
    data = numbers_dataset(30, regression=True)
    with pytest.raises(ConfigError, match="predicts classes; the target here is of kind 'number'"):
        fit(RECIPE, number_target(data), data, None, setting=replace(SETTING, metric="rmse"))


def test_an_estimator_is_not_started_when_asked_to_stop():
    with pytest.raises(Interrupted):
        fit(RECIPE, class_target(), TRAIN, VALID, setting=replace(SETTING, should_stop=lambda: True))
