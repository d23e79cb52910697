"""The choice among ways is itself kept away from the examples that judge it."""

import numpy as np
import pytest

from whet.ensembling.choosing import choose, folds_of
from whet.ensembling.way import ways
from whet.rng import make_numpy_generator


def members(seed, num=4, n=90, k=3):
    rng = make_numpy_generator(seed, "members")
    truth = rng.integers(0, k, n)
    logits = [rng.normal(size=(n, k)) + rng.uniform(0, 2) * np.eye(k)[truth] for _ in range(num)]
    return [np.exp(each) / np.exp(each).sum(axis=1, keepdims=True) for each in logits], truth


@pytest.mark.parametrize("seed", range(4))
def test_an_examples_own_label_has_no_say_in_its_fair_scores(seed):
    scores, truth = members(seed)
    clusters = np.arange(len(truth))
    before = choose(scores, truth, clusters, seed=0).fair
    changed = truth.copy()
    changed[7] = (changed[7] + 1) % 3
    after = choose(scores, changed, clusters, seed=0).fair
    assert np.array_equal(before[7], after[7])
    assert not np.array_equal(before, after)


def test_examples_of_a_cluster_share_a_fold():
    scores, truth = members(6)
    clusters = np.arange(len(truth)) // 2
    changed = truth.copy()
    changed[10] = (changed[10] + 1) % 3
    before = choose(scores, truth, clusters, seed=0).fair
    after = choose(scores, changed, clusters, seed=0).fair
    assert np.array_equal(before[10:12], after[10:12])


def test_the_way_of_the_lowest_cross_fitted_loss_is_used_and_fitted_on_everything():
    scores, truth = members(3)
    chosen = choose(scores, truth, np.arange(len(truth)), seed=0)
    assert set(chosen.losses) == set(ways)
    assert chosen.name == min(chosen.losses, key=chosen.losses.get)
    assert chosen.blend == ways[chosen.name].fit(scores, truth)


def test_members_with_a_common_offset_are_stacked():
    rng = make_numpy_generator(8, "offset")
    truth = rng.normal(size=300)
    scores = [truth[:, None] + 2 + 0.2 * rng.normal(size=(300, 1)) for _ in range(3)]
    assert choose(scores, truth, np.arange(300), seed=0).name == "stacking"


def test_the_fair_gain_of_useless_members_is_no_gain_on_average():
    gains = []
    for seed in range(12):
        rng = make_numpy_generator(seed, "noise")
        truth = rng.integers(0, 2, 60)
        scores = [np.full((60, 2), 0.5) + 0.3 * rng.uniform(-1, 1, size=(60, 1)) * [1, -1] for _ in range(6)]
        fair = choose(scores, truth, np.arange(60), seed=0).fair
        gains.append((fair.argmax(axis=1) == truth).mean() - 0.5)
    assert np.mean(gains) < 2 * np.std(gains) / np.sqrt(len(gains))


@pytest.mark.parametrize("clusters", [np.zeros(8, dtype=int), np.arange(8) // 4])
def test_a_single_cluster_or_two_do_not_break(clusters):
    scores, truth = members(1, n=8)
    assert np.isfinite(choose(scores, truth, clusters, seed=0).fair).all()


def test_folds_hold_whole_clusters():
    clusters = make_numpy_generator(0, "clusters").integers(0, 20, 100)
    folds = folds_of(clusters, num=5, seed=1)
    assert all(len(np.unique(folds[clusters == c])) == 1 for c in np.unique(clusters))
