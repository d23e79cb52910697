"""MiniRocket, Hydra, and the linear model on top: against textbook versions, and as estimators."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import RidgeCV

from whet.data.columns import SeriesColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.errors import ConfigError
from whet.models.estimators.estimator import estimators
from whet.models.estimators.feature_scale import FeatureScale
from whet.models.estimators.hydra import Hydra
from whet.models.estimators.linear_head import LinearHead
from whet.models.estimators.linear_steps import fit_by_steps
from whet.models.estimators.minirocket import _KERNELS, MiniRocket
from whet.models.estimators.ridge_loo import ALPHAS, fit_ridge
from whet.state import State
from whet.tasks.classes import ClassTarget
from whet.tasks.number import NumberTarget

NAMES = ["minirocket_ridge", "hydra_ridge"]
SMALL = {"minirocket_ridge": {"num_features": 840}, "hydra_ridge": {"num_groups": 8}}


def waves(n=60, channels=1, length=40, *, seed=0, number=False):
    """Class = frequency of a sine of random phase."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, n)
    phase = rng.uniform(0, 6, (n, channels, 1))
    values = np.sin(2 * np.pi * (1 + 2 * codes[:, None, None]) * np.arange(length) / length + phase)
    values = (values + 0.1 * rng.normal(size=values.shape)).astype(np.float32)
    column = Column(name="s", kind=Kind.SERIES, series_shape=(channels, length))
    return Dataset(
        schema=Schema(modality=Modality.SERIES, features=(column,), target="y", target_is_number=number),
        columns={"s": SeriesColumn(values, np.arange(n))},
        target=10.0 + 5 * codes if number else np.array(["a", "b", "c"], dtype=object)[codes],
        rows=np.arange(n),
        fingerprint="made",
        origin="made.ts",
    )


def fitted(name, train, *, settings=None, seed=0, seconds=None):
    target = (NumberTarget if train.schema.target_is_number else ClassTarget).fit(train.target)
    return estimators[name].fit(
        train, target, SMALL[name] if settings is None else settings,
        valid=None, seed=seed, seconds=seconds, num_threads=1,
    )  # fmt: skip


@pytest.mark.parametrize("channels", [1, 3])
def test_minirocket_features_equal_counting_over_plain_convolutions(channels):
    x = np.random.default_rng(0).normal(size=(4, channels, 33)).astype(np.float32)
    rocket = MiniRocket.fit(x, num_features=84 * 9, rng=np.random.default_rng(1))
    expected, start = [], 0
    for d, (dilation, count) in enumerate(zip(rocket.dilations.tolist(), rocket.counts.tolist())):
        for k, where in enumerate(_KERNELS):
            weights = torch.full((1, channels, 9), -1.0)
            weights[:, :, list(where)] = 2.0
            weights[:, ~rocket.channels[d, k]] = 0.0
            response = F.conv1d(torch.from_numpy(x), weights, dilation=dilation, padding=4 * dilation)[:, 0]
            if (d + k) % 2:
                response = response[:, 4 * dilation : -4 * dilation]
            bias = torch.from_numpy(rocket.biases[start : start + count])
            # A response within rounding of a bias may fall on either side of it.
            sides = [(response[:, None] > bias[:, None] + e).float().mean(-1) for e in (1e-4, -1e-4)]
            expected.append(torch.stack(sides))
            start += count
    low, high = torch.cat(expected, dim=-1).numpy()
    features = rocket.transform(x)
    assert features.shape == (4, 84 * 9)
    assert ((features >= low - 1e-6) & (features <= high + 1e-6)).all()


def test_minirocket_biases_are_quantiles_so_features_average_to_about_a_half():
    x = np.random.default_rng(0).normal(size=(50, 1, 60)).astype(np.float32)
    features = MiniRocket.fit(x, num_features=2000, rng=np.random.default_rng(0)).transform(x)
    assert abs(features.mean() - 0.5) < 0.03


def test_minirocket_does_not_see_the_level_of_a_series_away_from_its_ends():
    # Multiples of 1/64, so that every sum is exact.
    x = (np.random.default_rng(0).normal(size=(5, 1, 50)) * 64).round().astype(np.float32) / 64
    rocket = MiniRocket.fit(x, num_features=840, rng=np.random.default_rng(0))
    inside = np.concatenate(
        [np.full(int(c), (d + k) % 2 == 1) for d, c in enumerate(rocket.counts) for k in range(len(_KERNELS))]
    )
    moved = rocket.transform(x + np.float32(0.5))
    np.testing.assert_array_equal(moved[:, inside], rocket.transform(x)[:, inside])


def test_hydra_counts_every_step_once_for_each_group_and_dilation():
    x = np.random.default_rng(0).normal(size=(3, 1, 40)).astype(np.float32)
    hydra = Hydra.draw(channels=1, length=40, num_groups=4, rng=np.random.default_rng(0))
    features = hydra.transform(x).reshape(3, -1, 2, 2, 2, 8)  # dilation, source, strength or times, group, kernel
    np.testing.assert_array_equal(features[:, :, 0, 1].sum(-1), 40)
    np.testing.assert_array_equal(features[:, :, 1, 1].sum(-1), 39)


@pytest.mark.parametrize("make", ["minirocket", "hydra"])
def test_features_depend_on_the_series_alone_bit_for_bit(make):
    x = np.random.default_rng(0).normal(size=(37, 2, 700)).astype(np.float32)
    rng = np.random.default_rng(0)
    transform = (
        MiniRocket.fit(x, num_features=168, rng=rng)
        if make == "minirocket"
        else Hydra.draw(channels=2, length=700, num_groups=4, rng=rng)
    )
    whole, order = transform.transform(x), np.random.default_rng(1).permutation(37)
    np.testing.assert_array_equal(transform.transform(x[order]), whole[order])
    np.testing.assert_array_equal(transform.transform(x[5:6]), whole[5:6])


@pytest.mark.parametrize("num_features", [5, 80])
def test_ridge_equals_sklearn_and_its_left_out_predictions_equal_refitting(num_features):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(25, num_features)), rng.normal(size=(25, 2))
    x -= x.mean(axis=0)
    y += x[:, :2]
    fit = fit_ridge(x, y)
    reference = RidgeCV(alphas=ALPHAS).fit(x, y)
    assert fit.alpha == reference.alpha_
    np.testing.assert_allclose(fit.coef.T, reference.coef_, atol=1e-8)
    np.testing.assert_allclose(fit.intercept, reference.intercept_, atol=1e-8)
    for left in (0, 7, 24):
        others = np.delete(np.arange(25), left)
        again = RidgeCV(alphas=[fit.alpha]).fit(x[others], y[others])
        np.testing.assert_allclose(again.predict(x[[left]])[0], fit.left_out[left], atol=1e-8)


def test_scales_end_with_training_mean_zero_and_drop_what_never_varies():
    counts = np.random.default_rng(0).poisson(0.5, size=(40, 6)).astype(np.float32)
    counts[:, 2] = 3.0
    for is_sparse in (False, True):
        out = FeatureScale.fit(counts, is_sparse=is_sparse).apply(counts)
        np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-5)
        assert (out[:, 2] == 0).all()


def test_probabilities_are_calibrated_when_the_labels_are_noisy():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 20))
    codes = (x[:, 0] + rng.logistic(size=600) > 0).astype(np.int64)
    head = LinearHead.fit_classes(
        (x[:300] - x[:300].mean(axis=0)).astype(np.float32), codes[:300], num_classes=2, rng=rng, seconds=None
    )
    probs = head.scores(x[300:].astype(np.float32))
    right = probs.argmax(axis=1) == codes[300:]
    assert abs(probs.max(axis=1).mean() - right.mean()) < 0.06


def test_the_solver_for_many_examples_finds_the_same_answer(monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 30)).astype(np.float32)
    x -= x.mean(axis=0)
    y = x[:, :3] @ np.array([2.0, -1.0, 0.5]) + 7 + 0.1 * rng.normal(size=600)
    exact = LinearHead.fit_number(x, y, rng=np.random.default_rng(0), seconds=None)
    monkeypatch.setattr("whet.models.estimators.linear_head._LEAVE_ONE_OUT", 200)
    middle = LinearHead.fit_number(x, y, rng=np.random.default_rng(0), seconds=None)
    np.testing.assert_allclose(middle.scores(x), exact.scores(x), atol=0.02)
    monkeypatch.setattr("whet.models.estimators.linear_steps._LR", 5e-2)
    coef, intercept, _, _ = fit_by_steps(x, y, 0, rng=np.random.default_rng(0), seconds=None)
    np.testing.assert_allclose(x @ coef + intercept, exact.scores(x), atol=0.4)  # deviation of y: 2.3
    codes = (y > 7).astype(np.int64)
    coef, intercept, held, outputs = fit_by_steps(x, codes, 2, rng=np.random.default_rng(0), seconds=None)
    assert ((x @ coef + intercept).argmax(axis=1) == codes).mean() > 0.97
    np.testing.assert_allclose(outputs, x[held] @ coef + intercept, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [1, 3])
def test_unseen_series_are_classified(name, channels):
    probs = fitted(name, waves(channels=channels)).scores(waves(seed=1, channels=channels))
    np.testing.assert_allclose(probs.sum(axis=1), 1)
    assert (ClassTarget(("a", "b", "c")).decode(probs) == waves(seed=1, channels=channels).target).mean() > 0.9


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_predicted_in_their_own_units(name):
    scores = fitted(name, waves(number=True)).scores(waves(seed=1, number=True))
    assert scores.shape == (60, 1)
    assert np.abs(scores[:, 0] - waves(seed=1, number=True).target).mean() < 1.5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("length", [1, 5, 9, 10])
def test_very_short_series_and_very_few_examples_work(name, length):
    scores = fitted(name, waves(6, length=length)).scores(waves(4, length=length, seed=1))
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", NAMES)
def test_series_that_are_all_the_same_get_the_class_frequencies_order(name):
    data = waves(20)
    data.columns["s"].values[:] = 1.0
    probs = fitted(name, data).scores(data)
    counts = [np.sum(data.target == label) for label in ("a", "b", "c")]
    assert (probs == probs[0]).all()
    assert probs[0].argmax() == np.argmax(counts)


@pytest.mark.parametrize("name", NAMES)
def test_state_survives_json_and_scores_are_equal_bit_for_bit_in_any_order(name):
    model, data = fitted(name, waves(channels=2)), waves(70, channels=2, seed=2)
    state = model.state()
    again = type(model).from_state(State(json.loads(json.dumps(dict(state.config))), state.arrays))
    scores, order = model.scores(data), np.random.default_rng(0).permutation(70)
    np.testing.assert_array_equal(again.scores(data), scores)
    np.testing.assert_array_equal(again.scores(data.take(order)), scores[order])
    np.testing.assert_array_equal(again.scores(data.take(np.array([3]))), scores[3:4])


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_scores_and_another_seed_others(name):
    data = waves()
    first = fitted(name, data).scores(data)
    np.testing.assert_array_equal(fitted(name, data).scores(data), first)
    assert (fitted(name, data, seed=1).scores(data) != first).any()


@pytest.mark.parametrize("name", NAMES)
def test_a_generous_limit_changes_nothing_and_a_tight_one_is_kept(name):
    data = waves(200, length=300)
    settings = {"minirocket_ridge": {}, "hydra_ridge": {}}[name]
    begin = time.monotonic()
    tight = fitted(name, data, settings=settings, seconds=0.3)
    assert time.monotonic() - begin < 10.0  # loose: the machine may be busy
    small = waves(20)
    np.testing.assert_array_equal(fitted(name, small, seconds=1e6).scores(small), fitted(name, small).scores(small))
    assert tight.fitted.transform.num_features >= 84


def test_differences_are_another_view_of_the_same_data():
    data = waves()
    plain = fitted("minirocket_ridge", data).scores(data)
    other = fitted("minirocket_ridge", data, settings={"num_features": 840, "difference": True}).scores(data)
    assert (plain != other).any()
    assert (plain.argmax(axis=1) == other.argmax(axis=1)).mean() > 0.9


def test_faulty_settings_are_named():
    with pytest.raises(ConfigError, match=r"no setting 'num_feature'.*'num_features'"):
        fitted("minirocket_ridge", waves(6), settings={"num_feature": 1})
    with pytest.raises(ConfigError, match="num_features must be at least 84; got 10"):
        fitted("minirocket_ridge", waves(6), settings={"num_features": 10})
    with pytest.raises(ConfigError, match="num_groups must be even and at least 2; got 3"):
        fitted("hydra_ridge", waves(6), settings={"num_groups": 3})
