"""Beliefs: conditioning equals the textbook, siblings follow, nothing impossible comes out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.errors import ConfigError
from whet.planning.belief import Belief, Expectation, expected_improvement


def expectation(remedy, *treats, mean=0.5, std=1.0):
    return Expectation(remedy=remedy, treats=frozenset(treats), mean=mean, std=std)


THREE = [expectation("dropout", "overfitting"), expectation("l1", "overfitting"), expectation("wider", "underfitting")]


def test_an_observation_moves_its_change_most_and_strangers_not_at_all():
    before = Belief.of(THREE)
    after = before.observed(0, -2.0, noise=0.5)
    moved = before.mean - after.mean
    assert moved[0] > moved[1] > 0
    assert moved[2] == 0
    assert after.std[0] < after.std[1] < before.std[1]
    assert after.std[2] == before.std[2]


def test_conditioning_equals_the_joint_formula():
    """Two observations one after the other against both at once: Rasmussen and Williams, equations 2.22 to 2.24."""
    before = Belief.of([*THREE, expectation("dropout", "overfitting")])
    after = before.observed(0, 1.5, noise=0.7).observed(3, -0.5, noise=0.3)
    seen, values, noise = [0, 3], np.array([1.5, -0.5]), np.diag([0.7**2, 0.3**2])
    gain = before.covariance[:, seen] @ np.linalg.inv(before.covariance[np.ix_(seen, seen)] + noise)
    np.testing.assert_allclose(after.mean, before.mean + gain @ (values - before.mean[seen]))
    np.testing.assert_allclose(after.covariance, before.covariance - gain @ before.covariance[seen])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sets(st.sampled_from("xyz"))), min_size=1, max_size=12))
def test_every_set_of_changes_has_a_possible_covariance(changes):
    belief = Belief.of([expectation(remedy, *treats) for remedy, treats in changes])
    assert np.linalg.eigvalsh(belief.covariance).min() > -1e-9
    np.testing.assert_allclose(np.diag(belief.covariance), 1.0)


def test_expected_improvement_equals_sampling():
    draws = np.random.default_rng(0).normal(-0.3, 1.2, 400_000)
    expected = expected_improvement(np.array([-0.3]), np.array([1.2]))[0]
    assert abs(expected - np.maximum(draws, 0).mean()) < 0.005


def test_impossible_numbers_are_refused():
    with pytest.raises(ConfigError, match="positive"):
        expectation("ema", std=0.0)
    with pytest.raises(ConfigError, match="noise"):
        Belief.of(THREE).observed(0, 1.0, noise=0.0)
