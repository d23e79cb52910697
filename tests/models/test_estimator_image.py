from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from whet.data.columns import ImageColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.errors import ConfigError, ShapeError
from whet.models.estimators.hog_linear import HogLinear
from whet.models.estimators.pixels_linear import PixelsLinear
from whet.tasks.classes import ClassTarget

ESTIMATORS = [HogLinear, PixelsLinear]


def digits(rows=slice(None), side=8):
    data = load_digits()
    pixels = (data.images[rows, ..., None] * 15).astype(np.uint8).repeat(side // 8, 1).repeat(side // 8, 2)
    return Dataset(
        schema=Schema(modality=Modality.IMAGE, features=(Column(name="scan", kind=Kind.IMAGE),)),
        columns={"scan": ImageColumn(pixels, np.arange(len(pixels)))},
        target=data.target[rows].astype(str).astype(object),
        rows=np.arange(len(pixels)),
        fingerprint="digits",
        origin="digits",
    )


def fitted(cls, train, *, seconds=None, target=None, **settings):
    target = target or ClassTarget.fit(train.target)
    return cls.fit(train, target, settings, valid=None, seed=0, seconds=seconds, num_threads=1), target


def accuracy(estimator, target, dataset):
    return np.mean(target.decode(estimator.scores(dataset)) == dataset.target)


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_digits_are_read_far_above_chance(cls):
    estimator, target = fitted(cls, digits(slice(0, 900)))
    assert accuracy(estimator, target, digits(slice(900, None))) > 0.85


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_probabilities_are_about_as_confident_as_they_are_right(cls):
    estimator, target = fitted(cls, digits(slice(0, 900)))
    test = digits(slice(900, None))
    confidence = estimator.scores(test).max(axis=1).mean()
    assert abs(confidence - accuracy(estimator, target, test)) < 0.08


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_a_class_without_training_examples_is_possible_and_improbable(cls):
    train = digits(slice(0, 200))
    train = train.take(np.flatnonzero(train.target != "7"))
    estimator, _ = fitted(cls, train, target=ClassTarget(tuple("0123456789")))
    scores = estimator.scores(digits(slice(200, 300)))
    assert scores.shape == (100, 10)
    assert scores[:, 7].mean() < 0.1


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_two_classes_one_class_and_a_handful_of_examples_work(cls):
    two = digits(slice(0, 40))
    two = two.take(np.flatnonzero(np.isin(two.target, ["0", "1"])))
    assert accuracy(*fitted(cls, two), two) == 1.0
    one = two.take(np.flatnonzero(two.target == "0"))
    assert (fitted(cls, one)[0].scores(two) == 1.0).all()
    assert fitted(cls, two.take(np.arange(2)))[0].scores(two).shape == (len(two), 2)


def test_hog_linear_stops_reading_when_the_time_is_out_and_still_knows_the_first_chunk():
    train = digits()
    estimator, target = fitted(HogLinear, train, seconds=1e-6)
    assert 0.6 < accuracy(estimator, target, train) < 1


def test_pixels_linear_equals_scikit_learn_on_the_same_pixels():
    from sklearn.linear_model import LogisticRegression

    train, test = digits(slice(0, 300)), digits(slice(300, 400))
    estimator, target = fitted(PixelsLinear, train)
    x = [d.columns["scan"].pixels.reshape(len(d), -1) / 255 for d in (train, test)]
    reference = LogisticRegression(max_iter=200).fit(x[0], target.encode(train.target)).predict_proba(x[1])
    np.testing.assert_allclose(estimator.scores(test), reference, atol=1e-2)


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_settings_are_refused(cls):
    with pytest.raises(ConfigError, match="no settings"):
        fitted(cls, digits(slice(0, 50)), strength=3)


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_pictures_of_another_size_are_refused(cls):
    estimator, _ = fitted(cls, digits(slice(0, 50)))
    with pytest.raises(ShapeError, match="was fitted on"):
        estimator.scores(digits(slice(0, 5), side=32))
