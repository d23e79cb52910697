import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.data.columns import NumberColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.data.splits import default_fractions, folds, split
from whet.errors import ConfigError, DataError


def dataset(target, *, times=None):
    schema = Schema(modality=Modality.TABLE, features=(Column(name="x", kind=Kind.NUMBER),))
    num = len(target)
    columns = {"x": NumberColumn(np.arange(num, dtype=np.float64))}
    rows = np.arange(num)
    return Dataset(schema=schema, columns=columns, target=target, times=times, rows=rows, fingerprint="f", origin="o")


def labels_of(codes):
    return np.array([f"c{c}" for c in codes], dtype=object)


def check_parts(parts, num, clusters):
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(num))
    for i, part in enumerate(parts):
        for other in parts[i + 1 :]:
            assert not set(clusters[part]) & set(clusters[other])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), num=st.integers(20, 120), seed=st.integers(0, 99))
def test_parts_are_disjoint_cover_everything_and_never_cut_a_cluster(data, num, seed):
    draw = np.random.default_rng(seed)
    labels = labels_of(draw.integers(0, data.draw(st.integers(1, 5)), num))
    clusters = draw.integers(0, data.draw(st.integers(num // 2, 2 * num)), num)
    made = split(dataset(labels), clusters, test_fraction=0.2, valid_fraction=0.2, seed=seed, stratify=True)
    check_parts((made.train, made.valid, made.test), num, clusters)
    assert set(labels[made.train]) == set(labels)
    for train, valid in folds(labels, clusters, num_folds=4, repeats=1, seed=seed):
        check_parts((train, valid), num, clusters)


@settings(max_examples=40, deadline=None)
@given(counts=st.lists(st.integers(3, 80), min_size=2, max_size=6), seed=st.integers(0, 99))
def test_class_shares_are_kept_within_one_example_and_every_class_is_everywhere(counts, seed):
    codes = np.repeat(np.arange(len(counts)), counts)
    labels = labels_of(np.random.default_rng(seed).permutation(codes))
    made = split(
        dataset(labels), np.arange(len(labels)), test_fraction=0.2, valid_fraction=0.2, seed=seed, stratify=True
    )
    for part in (made.valid, made.test):
        for code, count in enumerate(counts):
            held = int((labels[part] == f"c{code}").sum())
            assert held >= 1
            assert abs(held - 0.2 * count) <= 1
    assert abs(len(made.test) - 0.2 * len(labels)) <= len(counts)


@settings(max_examples=40, deadline=None)
@given(counts=st.lists(st.integers(2, 60), min_size=1, max_size=6), num_folds=st.integers(2, 5), seed=st.integers(0, 9))
def test_folds_differ_by_one_example_in_size_and_in_every_class(counts, num_folds, seed):
    labels = labels_of(np.repeat(np.arange(len(counts)), counts))
    if len(labels) < num_folds:
        return
    made = folds(labels, np.arange(len(labels)), num_folds=num_folds, repeats=2, seed=seed)
    for repeat in (made[:num_folds], made[num_folds:]):
        valids = [valid for _, valid in repeat]
        np.testing.assert_array_equal(np.sort(np.concatenate(valids)), np.arange(len(labels)))
        for name in set(labels):
            held = [int((labels[v] == name).sum()) for v in valids]
            assert max(held) - min(held) <= 1
        assert max(map(len, valids)) - min(map(len, valids)) <= 1
        assert all(set(labels[train]) == set(labels) for train, _ in repeat)


def test_two_examples_of_a_class_go_to_train_and_test():
    labels = labels_of([0] * 20 + [1] * 2)
    made = split(dataset(labels), np.arange(22), test_fraction=0.2, valid_fraction=0.2, seed=0, stratify=True)
    assert (labels[made.train] == "c1").sum() == (labels[made.test] == "c1").sum() == 1


def test_the_same_seed_splits_the_same_way_and_another_does_not():
    data, clusters = dataset(labels_of(np.arange(200) % 3)), np.arange(200) // 2
    first, again, other = (
        split(data, clusters, test_fraction=0.2, valid_fraction=0.1, seed=s, stratify=True).test for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_number_is_balanced_by_bands():
    values = np.random.default_rng(0).lognormal(size=1000)
    made = split(dataset(values), np.arange(1000), test_fraction=0.2, valid_fraction=0.0, seed=0, stratify=True)
    assert len(made.valid) == 0
    assert len(made.test) == 200
    assert abs(np.median(values[made.test]) - np.median(values)) < 0.05


def test_a_huge_cluster_stays_whole_and_goes_to_train():
    labels = labels_of(np.arange(100) % 2)
    clusters = np.where(np.arange(100) < 55, 0, np.arange(100))
    made = split(dataset(labels), clusters, test_fraction=0.2, valid_fraction=0.2, seed=0, stratify=True)
    assert set(range(55)) <= set(made.train)
    assert len(made.test) == 20


def test_times_put_the_latest_in_the_test_and_nothing_later_in_train():
    draw = np.random.default_rng(0)
    times = draw.permutation(np.repeat(np.arange(50.0), 4))
    data = dataset(labels_of(np.arange(200) % 2), times=times)
    made = split(data, np.arange(200), test_fraction=0.2, valid_fraction=0.2, seed=0, stratify=True)
    assert times[made.train].max() < times[made.valid].min()
    assert times[made.valid].max() < times[made.test].min()
    assert len(made.test) == len(made.valid) == 40
    for _, valid in folds(data, np.arange(200), num_folds=5, repeats=1, seed=0):
        assert times[valid].max() - times[valid].min() < 10


def test_times_and_groups_together_leave_no_later_example_in_train():
    draw = np.random.default_rng(1)
    times, clusters = draw.random(300), draw.integers(0, 150, 300)
    data = dataset(labels_of(np.arange(300) % 2), times=times)
    made = split(data, clusters, test_fraction=0.2, valid_fraction=0.2, seed=0, stratify=True)
    check_parts((made.train, made.valid, made.test), 300, clusters)
    latest = np.array([times[clusters == c].max() for c in clusters])
    assert times[made.train].max() < latest[made.valid].min()
    assert latest[made.valid].max() < latest[made.test].min()


def test_impossible_splits_say_why():
    data = dataset(labels_of(np.arange(20) % 2))
    with pytest.raises(DataError, match=r"no example is left for valid and test: 20 examples form 1 clusters"):
        split(data, np.zeros(20, dtype=np.int64), test_fraction=0.2, valid_fraction=0.2, seed=0, stratify=True)
    alike = dataset(data.target, times=np.zeros(20))
    with pytest.raises(DataError, match=r"1 moments"):
        split(alike, np.arange(20), test_fraction=0.2, valid_fraction=0.2, seed=0, stratify=True)
    with pytest.raises(ConfigError, match=r"together under 1"):
        split(data, np.arange(20), test_fraction=0.6, valid_fraction=0.5, seed=0, stratify=True)
    with pytest.raises(DataError, match=r"3 clusters.*cannot fill 5 folds"):
        folds(data, np.arange(20) % 3, num_folds=5, repeats=1, seed=0)


@pytest.mark.parametrize(("num", "expected"), [(20, (0.2, 0.2)), (17_500, (0.2, 0.2)), (1_000_000, (0.1, 0.1))])
def test_default_fractions_stay_between_a_tenth_and_a_fifth(num, expected):
    valid, test = default_fractions(num)
    assert test == expected[1]
    assert expected[0] <= valid <= 0.29


def test_a_million_examples_split_without_a_loop_over_them():
    labels = np.array(["a", "b", "c"], dtype=object)[np.random.default_rng(0).integers(0, 3, 1_000_000)]
    start = time.process_time()
    made = split(dataset(labels), np.arange(1_000_000), test_fraction=0.1, valid_fraction=0.1, seed=0, stratify=True)
    assert len(made.test) == 100_000
    assert time.process_time() - start < 10
