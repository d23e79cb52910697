"""Groups found on one half and measured on the other: planted ones are found, random errors show none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from whet.auditing.slices.group_gap import group_gap
from whet.auditing.slices.slice_clusters import cluster_members
from whet.auditing.slices.slice_facets import Facet
from whet.auditing.slices.slice_tree import tree_groups
from whet.auditing.slices.slices_found import Candidate, halves, weak_groups
from whet.auditing.slices.telling_clusters import distinctive_words


def facets(rng, num):
    return [Facet("a", rng.normal(size=num)), Facet("b", rng.normal(size=num)), Facet("c", rng.random(num))]


def found_in(columns, loss, seed):
    num = len(loss)
    clusters = np.arange(num)
    finding = halves(clusters, seed=seed)
    groups = tree_groups(columns, loss, np.flatnonzero(finding), fewest=50, depth=3)
    candidates = [Candidate(g.members(), g.__str__) for g in groups]
    return weak_groups(candidates, loss, finding, clusters, least=0.05, fewest=50, alpha=0.05)


def test_random_errors_show_a_group_in_at_most_one_of_twenty_simulations():
    alarms = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        alarms += bool(found_in(facets(rng, 1_000), (rng.random(1_000) < 0.2).astype(float), seed))
    assert alarms <= 5


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_group_is_found_and_described(seed):
    rng = np.random.default_rng(seed)
    columns = facets(rng, 2_000)
    weak = columns[0].values > 1.0
    loss = (rng.random(2_000) < np.where(weak, 0.5, 0.1)).astype(float)
    first = found_in(columns, loss, seed)[0]
    assert "a >" in first.candidate.name()
    assert (first.candidate.members & weak).sum() >= 0.8 * max(first.candidate.members.sum(), weak.sum())
    assert first.gap.low > 0.05


def test_clusters_stay_in_one_half():
    clusters = np.repeat(np.arange(50), 4)
    half = halves(clusters, seed=0)
    assert all(len(set(half[clusters == c])) == 1 for c in range(50))
    assert half.any()
    assert not half.all()


def test_alone_the_interval_is_nearly_that_of_welch():
    rng = np.random.default_rng(0)
    values, members = rng.normal(size=400), np.arange(400) < 100
    values[members] += 0.5
    gap = group_gap(values, members)
    test = ttest_ind(values[members], values[~members], equal_var=False)
    low, high = test.confidence_interval(0.95)
    assert gap.value == pytest.approx(values[members].mean() - values[~members].mean())
    assert gap.low == pytest.approx(low, abs=0.02)
    assert gap.high == pytest.approx(high, abs=0.02)


def test_copies_do_not_make_a_gap_surer():
    rng = np.random.default_rng(1)
    values, members = rng.normal(size=200), np.arange(200) < 60
    once = group_gap(values, members)
    ten = group_gap(np.repeat(values, 10), np.repeat(members, 10), np.repeat(np.arange(200), 10))
    assert ten.high - ten.low == pytest.approx(once.high - once.low, rel=0.1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_the_interval_holds_the_value_and_flips_with_the_group(seed):
    rng = np.random.default_rng(seed)
    values, members = rng.random(80), rng.random(80) < 0.5
    if not 2 <= members.sum() <= 78:
        return
    gap, other = group_gap(values, members), group_gap(values, ~members)
    assert gap.low <= gap.value <= gap.high
    assert other.value == pytest.approx(-gap.value)


def test_clusters_of_vectors_cover_blobs():
    rng = np.random.default_rng(0)
    centre = np.repeat(np.eye(4) * 10, 100, axis=0)
    masks = cluster_members(centre + rng.normal(size=centre.shape), np.arange(0, 400, 2), fewest=25, most=4, seed=0)
    assert sorted(m.sum() for m in masks) == [100, 100, 100, 100]


def test_distinctive_words_are_those_of_the_group():
    texts = ["the cat sat"] * 5 + ["the dog ran"] * 5
    assert distinctive_words(texts, np.arange(10) < 5) == ["cat", "sat"]
