"""What is handed over after training on all examples: never a model that came out broken."""

from types import SimpleNamespace

import numpy as np
import pytest

import whet.evaluation.metrics  # noqa: F401
from whet.data.load import load
from whet.evaluation.metric import metrics
from whet.improving.refitting import _for_all, _is_sound
from whet.recipe import Length, Recipe, Regularisation, Schedule
from whet.tasks.classes import ClassTarget


@pytest.fixture(scope="module")
def iris():
    return load("sklearn:iris")


def session_of(data):
    target = ClassTarget.fit(data.target)
    prepared = SimpleNamespace(target=target, metric=metrics["accuracy"])
    arena = SimpleNamespace(num_parts=5, num_train=100)
    return SimpleNamespace(prepared=prepared, arena=arena, gain=lambda after, before: after - before)


def fitted_with(scores):
    return SimpleNamespace(scores=lambda data: scores(data))


def test_a_model_that_forgot_everything_is_not_handed_over(iris):
    session = session_of(iris)
    trial = SimpleNamespace(score=0.95)

    def right(data):
        return np.eye(3)[session.prepared.target.encode(data.target)]

    assert _is_sound(session, trial, fitted_with(right), iris)
    assert not _is_sound(session, trial, fitted_with(lambda data: np.full((len(data), 3), 1 / 3)), iris)


def test_an_estimator_gets_the_time_that_is_left_not_that_of_one_fold(iris):
    short = Recipe(architecture="boosted_trees", length=Length(seconds=0.16, epochs=None))
    trial = SimpleNamespace(recipe=short, curve=(), seconds=0.5, epochs=0.0)
    assert _for_all(trial, session_of(iris), 150, left_s=4.0).length.seconds == 4.0


def test_a_network_gets_the_epochs_it_had_and_needs_no_validation(iris):
    recipe = Recipe(
        architecture="mlp",
        schedule=Schedule(name="plateau"),
        regularisation=Regularisation(early_stopping=3),
        length=Length(seconds=2.0, epochs=30),
    )
    trial = SimpleNamespace(recipe=recipe, curve=("point",), seconds=10.0, epochs=12.0, ingredients=1)
    again = _for_all(trial, session_of(iris), 150, left_s=60.0)
    assert again.length.epochs == 12.0
    assert again.length.seconds == pytest.approx(1.25 * 10.0 / 5 * 1.5)
    assert again.regularisation.early_stopping is None
    assert again.schedule.name == "cosine"
