"""Soups: means of weights, refused where the networks do not fit one another, and never worse than their start."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.ensembling.soup import are_alike, averaged_state, greedy_soup
from whet.rng import make_numpy_generator
from whet.state import State


def state(seed, *, shape=(3, 2), encoder=1.0):
    rng = make_numpy_generator(seed, "soup")
    arrays = {
        "model.weight": rng.normal(size=shape).astype(np.float32),
        "model.steps": np.array([seed]),
        "encoder.mean": np.array([encoder]),
    }
    return State({"width": 3}, arrays)


def test_a_soup_of_one_or_of_copies_is_that_one():
    one = state(0)
    for soup in (averaged_state([one]), averaged_state([one, one, one])):
        assert all(np.array_equal(soup.arrays[name], one.arrays[name]) for name in one.arrays)


def test_weights_are_averaged_and_counters_and_preprocessing_are_not():
    both = averaged_state([state(1), state(2)])
    expected = (state(1).arrays["model.weight"] + state(2).arrays["model.weight"]) / 2
    assert np.allclose(both.arrays["model.weight"], expected)
    assert both.arrays["model.weight"].dtype == np.float32
    assert both.arrays["model.steps"].tolist() == [1]


@pytest.mark.parametrize("other", [state(1, shape=(2, 2)), state(1, encoder=2.0), State({"width": 4}, state(1).arrays)])
def test_networks_of_another_kind_do_not_fit(other):
    assert are_alike([state(0), state(1)])
    assert not are_alike([state(0), other])


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6), st.integers(0, 1000))
def test_the_greedy_soup_is_never_worse_than_the_best_ingredient(own, seed):
    own = sorted(own, reverse=True)
    rng = make_numpy_generator(seed, "taste")
    known = {}

    def score(kept):
        return known.setdefault(kept, own[kept[0]] if len(kept) == 1 else float(rng.uniform(0, 1)))

    kept = greedy_soup(len(own), score)
    assert kept[0] == 0
    assert known[kept] >= own[0]
