"""The linear model: planted weights and offsets are found, and few examples leave it near the plain average."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LinearRegression

from whet.ensembling.losses import loss_of
from whet.ensembling.ways.stacking import Stacking
from whet.evaluation.blend import Blend
from whet.rng import make_numpy_generator


def biased_numbers(n):
    """Two members whose errors are independent and whose mean is 3 too high."""
    rng = make_numpy_generator(0, "biased")
    truth = rng.normal(size=n)
    return [truth[:, None] + 3 + 0.3 * rng.normal(size=(n, 1)) for _ in range(2)], truth


def test_a_common_offset_of_all_members_is_taken_away():
    scores, truth = biased_numbers(600)
    blend = Stacking().fit(scores, truth)
    assert (blend.combine(scores)[:, 0] - truth).mean() == pytest.approx(0, abs=1e-9)
    assert blend.bias[0] == pytest.approx(-3, abs=0.5)


def test_with_many_examples_it_agrees_with_plain_least_squares_where_those_weights_are_positive():
    scores, truth = biased_numbers(2000)
    reference = LinearRegression().fit(np.concatenate(scores, axis=1), truth)
    assert Stacking().fit(scores, truth).weights == pytest.approx(reference.coef_.tolist(), abs=0.02)


def test_over_confident_members_that_are_copies_are_softened_not_counted_twice():
    rng = make_numpy_generator(1, "copies")
    truth = rng.integers(0, 3, 1500)
    fair = rng.normal(size=(1500, 3)) + 1.0 * np.eye(3)[truth]
    loud = softmax(4 * fair, axis=1)
    blend = Stacking().fit([loud, loud], truth)
    reference = loss_of(softmax(fair, axis=1), truth)
    assert loss_of(blend.combine([loud, loud]), truth) == pytest.approx(reference, abs=0.02)


def test_a_useless_member_gets_next_to_no_weight_and_a_good_one_all():
    rng = make_numpy_generator(2, "noise")
    truth = rng.integers(0, 4, 1500)
    good = softmax(rng.normal(size=(1500, 4)) + 3 * np.eye(4)[truth], axis=1)
    noise = softmax(rng.normal(size=(1500, 4)), axis=1)
    weights = Stacking().fit([good, noise], truth).weights
    assert weights[1] < 0.05


def test_with_three_examples_it_is_near_the_plain_average():
    rng = make_numpy_generator(3, "few")
    truth = np.array([0, 1, 0])
    scores = [softmax(rng.normal(size=(3, 2)), axis=1) for _ in range(3)]
    assert Stacking().fit(scores, truth).weights == pytest.approx([1 / 3] * 3, abs=0.12)


def test_the_linear_blend_equals_its_formula():
    rng = make_numpy_generator(4, "formula")
    scores = [softmax(rng.normal(size=(20, 3)), axis=1) for _ in range(2)]
    blend = Blend(weights=(0.75, 0.25), member_temperatures=(0.5, 0.5), pool="logs", bias=(0.1, -0.3, 0.2))
    logits = 2 * (0.75 * np.log(scores[0]) + 0.25 * np.log(scores[1])) + np.array(blend.bias)
    assert np.allclose(blend.combine(scores), softmax(logits, axis=1))
