"""Every registered estimator passes the same contract, on every modality and kind of target it claims."""

from __future__ import annotations

import json

import numpy as np
import pytest
from contract_data import own, target_of, tiny

from whet.models.estimators.estimator import estimators
from whet.state import State

CASES = [
    (name, modality, kind)
    for name, item in own(estimators)
    if not getattr(item, "needs_backbone", False)
    for modality in sorted(item.modalities)
    for kind in sorted(item.kinds)
]


def fitted(name, modality, kind, *, seed=0):
    train = tiny(modality, kind)
    target = target_of(train)
    estimator = estimators[name].fit(train, target, {}, valid=None, seed=seed, seconds=None, num_threads=1)
    return estimator, target


@pytest.mark.parametrize(("name", "modality", "kind"), CASES)
def test_scores_have_the_agreed_form_and_are_no_worse_than_a_constant(name, modality, kind):
    estimator, target = fitted(name, modality, kind)
    test = tiny(modality, kind, n=60, seed=1)
    scores = estimator.scores(test)
    assert scores.dtype == np.float64
    assert scores.shape == (60, target.num_outputs)
    assert np.isfinite(scores).all()
    if kind == "classes":
        assert scores.min() >= 0
        np.testing.assert_allclose(scores.sum(axis=1), 1.0, atol=1e-6)
        right = target.encode(test.target) == scores.argmax(axis=1)
        assert right.mean() >= 0.2
    else:
        assert np.mean((scores[:, 0] - test.target) ** 2) <= 1.2 * test.target.var()


@pytest.mark.parametrize(("name", "modality", "kind"), CASES)
def test_an_estimator_made_from_its_state_gives_the_same_scores_bit_for_bit(name, modality, kind):
    estimator, _ = fitted(name, modality, kind)
    state = estimator.state()
    assert all(isinstance(array, np.ndarray) and array.dtype != object for array in state.arrays.values())
    stored = State(json.loads(json.dumps(dict(state.config))), {n: a.copy() for n, a in state.arrays.items()})
    test = tiny(modality, kind, n=30, seed=1)
    assert np.array_equal(estimators[name].from_state(stored).scores(test), estimator.scores(test))


@pytest.mark.parametrize(("name", "modality", "kind"), CASES)
def test_the_same_seed_gives_the_same_scores(name, modality, kind):
    test = tiny(modality, kind, n=30, seed=1)
    one, two = (fitted(name, modality, kind)[0].scores(test) for _ in range(2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize(("name", "modality", "kind"), CASES)
def test_scores_follow_their_rows(name, modality, kind):
    estimator, _ = fitted(name, modality, kind)
    test = tiny(modality, kind, n=30, seed=1)
    order = np.random.default_rng(0).permutation(30)[:17]
    np.testing.assert_allclose(estimator.scores(test.take(order)), estimator.scores(test)[order], atol=1e-5)
