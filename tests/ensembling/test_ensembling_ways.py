"""Every registered way of combining passes the same checks; registering is enough to be tested."""

import json
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whet.ensembling.ways  # noqa: F401
from whet.ensembling.losses import loss_of
from whet.ensembling.way import ways
from whet.evaluation.blend import Blend
from whet.rng import make_numpy_generator


def classes(seed, num=4, n=150, k=3, strength=(0.2, 2.0)):
    rng = make_numpy_generator(seed, "members")
    truth = rng.integers(0, k, n)
    result = []
    for _ in range(num):
        logits = rng.normal(size=(n, k)) + rng.uniform(*strength) * np.eye(k)[truth]
        powers = np.exp(logits)
        result.append(powers / powers.sum(axis=1, keepdims=True))
    return result, truth


def numbers(seed, num=4, n=150):
    rng = make_numpy_generator(seed, "numbers")
    truth = 50 + 10 * rng.normal(size=n)
    return [truth[:, None] + 5 * rng.normal(size=(n, 1)) for _ in range(num)], truth


@pytest.mark.parametrize("name", list(ways))
@pytest.mark.parametrize("made", [classes, numbers])
def test_a_blend_survives_json_and_gives_the_same_numbers(name, made):
    scores, truth = made(1)
    blend = ways[name].fit(scores, truth)
    again = Blend.from_dict(json.loads(json.dumps(blend.to_dict())))
    assert again == blend
    assert np.array_equal(again.combine(scores), blend.combine(scores))


@pytest.mark.parametrize("name", list(ways))
@pytest.mark.parametrize("made", [classes, numbers])
def test_weights_are_never_negative_and_the_result_is_of_the_right_form(name, made):
    scores, truth = made(2)
    blend = ways[name].fit(scores, truth)
    combined = blend.combine(scores)
    assert len(blend.weights) == len(scores)
    assert min(blend.weights) >= 0
    assert combined.shape == scores[0].shape
    assert np.isfinite(combined).all()
    if made is classes:
        assert np.allclose(combined.sum(axis=1), 1)
        assert sum(blend.weights) == pytest.approx(1)


@pytest.mark.parametrize("name", list(ways))
@pytest.mark.parametrize("made", [classes, numbers])
def test_an_ensemble_of_one_is_that_one(name, made):
    scores, truth = made(3, num=1)
    assert np.array_equal(ways[name].fit(scores, truth).combine(scores), scores[0])


@pytest.mark.parametrize("name", list(ways))
@pytest.mark.parametrize("made", [partial(classes, strength=(1.5, 1.5)), numbers])
def test_equal_members_that_err_apart_are_better_together(name, made):
    scores, truth = made(4, num=5, n=400)
    half = len(truth) // 2
    blend = ways[name].fit([s[:half] for s in scores], truth[:half])
    combined = blend.combine([s[half:] for s in scores])
    assert loss_of(combined, truth[half:]) < min(loss_of(s[half:], truth[half:]) for s in scores)


@pytest.mark.parametrize("name", list(ways))
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_the_members_does_not_matter(name, seed):
    scores, truth = classes(seed, num=3, n=60)
    one = ways[name].fit(scores, truth).combine(scores)
    other = ways[name].fit(scores[::-1], truth).combine(scores[::-1])
    assert np.allclose(one, other, atol=2e-3)


@pytest.mark.parametrize("name", list(ways))
@pytest.mark.parametrize("made", [classes, numbers])
def test_two_examples_are_enough_not_to_break(name, made):
    scores, truth = made(5, n=2)
    assert np.isfinite(ways[name].fit(scores, truth).combine(scores)).all()
