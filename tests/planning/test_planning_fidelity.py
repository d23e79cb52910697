"""Cheap looks: a recipe made smaller keeps what it is, and costs what is said."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import whet.models  # noqa: F401  (fills the registry)
from whet.errors import ConfigError
from whet.planning.fidelity import FULL, LOOKS, Fidelity, rank_correlation
from whet.recipe import Length, Recipe

NET = Recipe(architecture="mlp", settings={"width": 128, "depth": 3}, length=Length(seconds=9.0, epochs=30.0))


def test_full_fidelity_changes_nothing():
    assert FULL.lowered(NET) == NET


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_each_look_is_cheaper_and_keeps_everything_else(look):
    lowered = look.lowered(NET)
    assert look.cost < 1
    assert lowered.optimiser == NET.optimiser
    assert lowered.settings["depth"] == 3
    assert lowered.settings["width"] == 128 * look.width
    assert lowered.length.seconds == pytest.approx(9.0 * look.length, abs=1e-3)
    assert lowered.length.epochs == pytest.approx(30.0 * look.length, abs=1e-3)


def test_narrower_keeps_the_proportion_of_the_change():
    narrow = Fidelity(name="", width=0.5)
    wide = NET.with_settings(width=192)
    assert narrow.lowered(wide).settings["width"] / narrow.lowered(NET).settings["width"] == 1.5
    filters = narrow.lowered(replace(NET, architecture="convnet", settings={"widths": [32, 64, 128]}))
    assert filters.settings["widths"] == [16, 32, 64]


@given(st.integers(1, 300))
def test_kept_examples_are_some_of_the_given_and_enough(count):
    rows = np.arange(count) * 3
    kept = Fidelity(name="", examples=0.25).chosen(rows, order=np.random.default_rng(0).permutation(count))
    assert set(kept) <= set(rows)
    assert (np.diff(kept) > 0).all()
    assert len(kept) == min(count, max(60, round(0.25 * count)))


def test_shares_outside_of_their_range_are_refused():
    with pytest.raises(ConfigError, match="length"):
        Fidelity(name="", length=0.0)
    with pytest.raises(ConfigError, match="width"):
        Fidelity(name="", width=1.5)


def test_rank_correlation_needs_pairs_that_differ():
    assert rank_correlation([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) is None
    assert rank_correlation([1.0] * 5, [1.0, 2.0, 3.0, 4.0, 5.0]) is None
    assert rank_correlation([1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]) == pytest.approx(-1.0)
    with pytest.raises(ConfigError, match="pairs"):
        rank_correlation([1.0], [])
