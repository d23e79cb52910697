"""Probabilities of wrong labels: calibrated where the truth is known, silent on clean data, blind to names."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from whet.auditing.labels.confident import estimate_noise
from whet.auditing.labels.cut import cut_at
from whet.auditing.labels.ignorance import share_of_noise
from whet.auditing.labels.sureness import sureness_ranks


def simulated(num=3_000, num_classes=4, error=0.1, sharpness=4.0, seed=0, shares=None, temperature=1.0):
    """(probabilities of a model that learnt from noisy labels, given, true)."""
    rng = np.random.default_rng(seed)
    offsets = np.zeros(num_classes) if shares is None else np.log(shares)
    clean = softmax(sharpness * rng.normal(size=(num, num_classes)) + offsets, axis=1)
    true = (clean.cumsum(axis=1) > rng.random((num, 1))).argmax(axis=1)
    wrong = rng.random(num) < error
    labels = np.where(wrong, (true + rng.integers(1, num_classes, num)) % num_classes, true)
    mixed = clean * (1 - error) + (1 - clean) * error / (num_classes - 1)
    return softmax(np.log(mixed) / temperature, axis=1), labels, true


@pytest.mark.parametrize("num_classes", [2, 4, 10])
@pytest.mark.parametrize("error", [0.03, 0.1, 0.3])
def test_the_posterior_is_calibrated(num_classes, error):
    probs, labels, true = simulated(4_000, num_classes, error, sharpness=6.0)
    wrong = estimate_noise([probs], labels).wrong
    assert abs(wrong.mean() - (labels != true).mean()) < 0.035
    lines = cut_at(wrong, precision=0.8)
    assert len(lines) > 0.2 * (labels != true).sum()
    assert (labels != true)[lines].mean() > 0.78  # as promised, or better
    assert (labels != true)[lines].mean() - wrong[lines].mean() < 0.2


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_a_badly_calibrated_model_is_calibrated_first(temperature):
    probs, labels, true = simulated(6_000, 4, 0.1, temperature=temperature)
    noise = estimate_noise([probs], labels)
    assert abs(noise.wrong.mean() - (labels != true).mean()) < 0.025


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("num_classes", [2, 5])
def test_classes_that_overlap_are_not_called_wrong(sharpness, num_classes):
    probs, labels, _ = simulated(3_000, num_classes, 0.0, sharpness=sharpness)
    assert len(cut_at(estimate_noise([probs], labels).wrong, precision=0.8)) <= 6


@pytest.mark.parametrize("seed", range(3))
def test_a_weak_model_that_is_sure_and_wrong_doubts_no_clean_labels(monkeypatch, seed):
    probs, labels = ignorant(seed=seed)
    assert share_of_noise(probs, labels) < 0.7
    assert len(cut_at(estimate_noise([probs], labels).wrong, precision=0.8)) == 0
    monkeypatch.setattr("whet.auditing.labels.confident.share_of_noise", lambda probs, given: 1.0)
    assert len(cut_at(estimate_noise([probs], labels).wrong, precision=0.8)) > 100  # what likelihood alone says


def ignorant(num=8_000, num_classes=10, seed=0):
    """(probabilities of a model that is wrong most often where it is least sure, but also where it is sure; labels)."""
    rng = np.random.default_rng(seed)
    probs = softmax(3.0 * rng.normal(size=(num, num_classes)), axis=1)
    is_wrong = rng.random(num) < 0.05 + 0.8 * sureness_ranks(probs)
    shifts = np.where(is_wrong, rng.integers(1, num_classes, num), 0)
    return probs, (probs.argmax(axis=1) + shifts) % num_classes


@pytest.mark.parametrize("num_classes", [2, 4, 10])
@pytest.mark.parametrize("error", [0.03, 0.1, 0.3])
def test_hardly_anything_is_taken_from_a_good_model(num_classes, error):
    probs, labels, _ = simulated(8_000, num_classes, error, sharpness=6.0)
    assert share_of_noise(probs, labels) > 0.85


def test_without_errors_among_the_surest_there_is_nothing_to_take():
    assert share_of_noise(np.eye(3)[[0, 1, 2]], np.arange(3)) == 1.0


def test_the_transition_is_found():
    rng = np.random.default_rng(1)
    clean = softmax(6 * rng.normal(size=(8_000, 3)), axis=1)
    true = (clean.cumsum(axis=1) > rng.random((8_000, 1))).argmax(axis=1)
    wanted = np.array([[0.95, 0.05, 0.0], [0.0, 0.8, 0.2], [0.1, 0.0, 0.9]])
    labels = (wanted[true].cumsum(axis=1) > rng.random((8_000, 1))).argmax(axis=1)
    noise = estimate_noise([clean @ wanted], labels)
    assert np.abs(noise.transition - wanted).max() < 0.05
    assert np.abs(noise.prior - np.bincount(true) / 8_000).max() < 0.03
    wrong = labels != true
    assert (noise.suggested[wrong] == true[wrong]).mean() > 0.9


def test_a_source_that_knows_nothing_gets_no_weight():
    probs, labels, _ = simulated(2_000)
    idle = np.full_like(probs, 0.25) + 0.1 * np.random.default_rng(0).random(probs.shape)
    weights = estimate_noise([probs, idle / idle.sum(axis=1, keepdims=True)], labels).weights
    assert weights[1] < 0.25 * weights[0]


def test_two_sources_find_more_than_one():
    rng = np.random.default_rng(0)
    clean, labels, true = simulated(3_000, 4, 0.0, sharpness=6.0)
    wrong = rng.random(3_000) < 0.1
    labels = np.where(wrong, (true + rng.integers(1, 4, 3_000)) % 4, true)
    blurred = [softmax(np.log(clean) + 4.0 * rng.normal(size=clean.shape), axis=1) for _ in range(2)]

    def found(sources):
        return wrong[np.argsort(-estimate_noise(sources, labels).wrong)[:300]].mean()

    assert found(blurred) > found(blurred[:1]) + 0.05


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1_000))
def test_names_and_order_play_no_part(seed):
    probs, labels, _ = simulated(400, 4, 0.1, seed=seed)
    names, order = np.random.default_rng(seed).permutation(4), np.random.default_rng(seed).permutation(400)
    plain = estimate_noise([probs], labels).wrong
    renamed = np.empty_like(probs)
    renamed[:, names] = probs
    assert np.allclose(estimate_noise([renamed[order]], names[labels[order]]).wrong, plain[order], atol=0.02)


def test_a_hundred_classes_and_rare_ones_are_judged():
    rng = np.random.default_rng(0)
    shares = np.r_[np.full(95, 1.0), np.full(5, 0.05)]
    clean, _, true = simulated(3_000, 100, 0.0, sharpness=8.0, shares=shares / shares.sum())
    wrong = rng.random(3_000) < 0.1
    noise = estimate_noise([clean], np.where(wrong, (true + rng.integers(1, 100, 3_000)) % 100, true))
    lines = cut_at(noise.wrong, precision=0.8)
    assert wrong[lines].mean() > 0.8
    assert wrong[lines].sum() > 0.6 * wrong.sum()
    assert np.allclose(noise.posterior.sum(axis=1), 1)


def test_a_lone_example_and_an_absent_class_do_no_harm():
    probs, labels, _ = simulated(300, 5, 0.05)
    labels[labels >= 3] = 0
    labels[7] = 3
    noise = estimate_noise([probs], labels)
    assert np.isfinite(noise.wrong).all()


def test_the_cut_takes_as_many_as_the_precision_allows():
    probs = np.array([0.99, 0.95, 0.7, 0.6, 0.55, 0.4])
    assert len(cut_at(probs, precision=0.9)) == 2
    assert len(cut_at(probs, precision=0.75)) == 5
    assert len(cut_at(probs, precision=0.6)) == 5  # nobody who is more likely right than wrong
    assert len(cut_at(np.zeros(0), precision=0.8)) == 0
