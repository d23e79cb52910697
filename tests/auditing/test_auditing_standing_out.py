"""Helpers that say how far an example lies from the rest, and in whose class."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from whet.auditing.media.runs import longest_run
from whet.auditing.media.sides import sides_of
from whet.auditing.media.standing_out import above, below, single_cases
from whet.auditing.opening import open_inspection
from whet.auditing.vectors import raw_vectors


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(bool, st.tuples(st.integers(1, 4), st.integers(1, 12))))
def test_the_longest_run_equals_the_plain_count(holds):
    plain = [max(len(run) for run in "".join("x" if h else " " for h in row).split(" ")) for row in holds]
    assert longest_run(holds).tolist() == plain


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(0.1, 100), shift=st.floats(-100, 100))
def test_unit_and_origin_play_no_part(scale, shift):
    values = np.random.default_rng(0).normal(size=200)
    moved = values * scale + shift
    assert np.allclose(above(values, values, least=0), above(moved, moved, least=0), atol=1e-6)
    assert np.allclose(below(values, values, least=0), above(-values, -values, least=0))


def test_five_percent_of_damage_hardly_moves_the_scale():
    values = np.random.default_rng(0).normal(size=2000)
    damaged = np.concatenate([values[100:], np.full(100, 1e6)])
    assert 3.0 < above(np.array([5.0]), damaged, least=0.0)[0] < 5.5


def test_without_classes_every_case_is_single():
    assert single_cases(np.ones(4, bool), None).all()


def test_a_large_set_is_sampled_the_same_way_twice():
    data = np.random.default_rng(0).normal(size=(300, 40)).cumsum(axis=1)
    inspection = open_inspection((data, ["a", "b"] * 150), test=(data[:50], ["a"] * 50))
    first, again = (sides_of(inspection, most=40) for _ in range(2))
    assert [len(s) for s in first] == [40, 40]
    assert all((a.rows == b.rows).all() for a, b in zip(first, again, strict=True))


def test_neighbours_of_pictures_show_the_same_shape_in_another_light():
    rng = np.random.default_rng(0)
    bars = np.zeros((80, 24, 24), np.uint8)
    for i, picture in enumerate(bars):
        at, light = rng.integers(6, 16), rng.integers(60, 250)
        picture[:] = rng.integers(0, 50)
        picture[(slice(None), slice(at, at + 4)) if i % 2 else (slice(at, at + 4), slice(None))] = light
    vectors = raw_vectors(open_inspection((bars, ["a", "b"] * 40)).data)
    away = np.linalg.norm(vectors[:, None] - vectors[None], axis=2) + 1e9 * np.eye(80)
    assert (away.argmin(axis=1) % 2 == np.arange(80) % 2).mean() > 0.95
