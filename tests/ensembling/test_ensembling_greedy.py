import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.ensembling.ways.greedy import constrained_weights, greedy_weights, leaning_weights
from whet.rng import make_numpy_generator


def members(seed, num=4, n=120, k=3):
    rng = make_numpy_generator(seed, "members")
    truth = rng.integers(0, k, n)
    result = []
    for _ in range(num):
        logits = rng.normal(size=(n, k)) + rng.uniform(0, 2) * np.eye(k)[truth]
        powers = np.exp(logits)
        result.append(powers / powers.sum(axis=1, keepdims=True))
    return result, truth


def log_loss(scores, truth):
    return -np.log(scores[np.arange(len(truth)), truth]).mean()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_ensemble_is_never_worse_than_the_best_member_in_the_loss_it_selects_on(seed):
    scores, truth = members(seed)
    weights = greedy_weights(scores, truth)
    blended = np.tensordot(weights, np.stack(scores), axes=1)
    assert weights.sum() == pytest.approx(1.0)
    assert log_loss(blended, truth) <= min(log_loss(s, truth) for s in scores) + 1e-12


def test_an_ensemble_of_one_is_that_one():
    scores, truth = members(0, num=1)
    assert greedy_weights(scores, truth).tolist() == [1.0]


def test_a_useless_copy_of_noise_gets_no_weight():
    scores, truth = members(1, num=1)
    perfect = np.full_like(scores[0], 1e-6)
    perfect[np.arange(len(truth)), truth] = 1.0
    assert greedy_weights([scores[0], perfect], truth).tolist() == [0.0, 1.0]


def test_numbers_are_selected_on_squared_error():
    rng = make_numpy_generator(3, "numbers")
    truth = rng.normal(size=200)
    noisy = [truth[:, None] + rng.normal(size=(200, 1)) for _ in range(3)]
    weights = greedy_weights(noisy, truth)
    assert (weights > 0.1).all()


def alike(n, num=4):
    """Members of the same strength whose errors are independent."""
    rng = make_numpy_generator(9, "alike")
    truth = rng.integers(0, 3, n)
    powers = [np.exp(rng.normal(size=(n, 3)) + np.eye(3)[truth]) for _ in range(num)]
    return [p / p.sum(axis=1, keepdims=True) for p in powers], truth


def test_few_examples_lean_to_plain_averaging_of_members_that_cannot_be_told_apart():
    few, truth = alike(25)
    assert (leaning_weights(few, truth) > 0.1).sum() >= 3


def test_an_ensemble_of_one_member_has_weight_one():
    few, truth = alike(25, num=1)
    assert leaning_weights(few, truth).tolist() == [1.0]


def test_a_clearly_worse_member_is_left_out_also_with_few_examples():
    scores, truth = members(4, num=1, n=40)
    perfect = np.full_like(scores[0], 0.01)
    perfect[np.arange(len(truth)), truth] = 0.98
    assert leaning_weights([scores[0], perfect], truth)[0] < 0.05


def test_a_constrained_ensemble_is_never_worse_than_its_start_in_the_metric_that_constrains_it():
    for seed in range(8):
        scores, truth = members(seed, num=5, n=60)
        accuracy = [float((s.argmax(axis=1) == truth).mean()) for s in scores]
        start = int(np.argmax(accuracy))

        def is_allowed(blend, truth=truth, least=accuracy[start]):
            return (blend.argmax(axis=1) == truth).mean() >= least

        weights = constrained_weights(scores, truth, start=start, is_allowed=is_allowed)
        blend = np.tensordot(weights, np.stack(scores), axes=1)
        assert is_allowed(blend)
        assert log_loss(blend, truth) <= log_loss(scores[start], truth) + 1e-9
