"""Permutation importance: columns that the rule reads drop, others do not, and a seed settles everything."""

import numpy as np
import pytest

from whet.data.kinds import Modality
from whet.errors import ConfigError, DataError
from whet.explaining import permutation_importance
from whet.testing.examples import tiny


def by_size(d):
    """Nearly always right."""
    codes = np.clip(np.rint(d.columns["size"].values), 0, 2).astype(int)
    return np.eye(3)[codes] * 0.9 + 0.03


def test_the_column_that_is_read_matters_and_the_others_do_not(knowing):
    data = tiny(Modality.TABLE)
    first, *rest = permutation_importance(knowing(data, by_size), data, seed=0)
    assert first.column == "size"
    assert 0 < first.low < first.drop < first.high
    assert {(c.column, c.drop, c.low, c.high) for c in rest} == {("noise", 0.0, 0.0, 0.0), ("colour", 0.0, 0.0, 0.0)}
    assert first.repeats == 10


def test_a_metric_that_should_be_small_gives_positive_drops_too(knowing):
    data = tiny(Modality.TABLE, "number")
    model = knowing(data, lambda d: 10.0 * d.columns["size"].values[:, None])
    first = permutation_importance(model, data, seed=0)[0]
    assert (first.column, model.metric) == ("size", "rmse")
    assert first.low > 0


def test_columns_of_any_kind_are_shuffled(knowing):
    data = tiny(Modality.TABLE)

    def by_colour(d):
        return np.eye(3)[np.maximum(d.columns["colour"].codes, 0)] * 0.9 + 0.03

    found = {c.column: c for c in permutation_importance(knowing(data, by_colour), data, seed=0)}
    assert found["colour"].high > found["colour"].low
    assert found["size"].drop == 0.0


def test_a_seed_gives_the_same_figures_and_another_seed_others(knowing):
    data = tiny(Modality.TABLE)
    model = knowing(data, by_size)
    once = permutation_importance(model, data, repeats=3, seed=1)
    assert once == permutation_importance(model, data, repeats=3, seed=1)
    assert once != permutation_importance(model, data, repeats=3, seed=2)


def test_time_ends_it_after_whole_rounds(knowing):
    data, ticks = tiny(Modality.TABLE), iter(range(10_000))
    found = permutation_importance(knowing(data, by_size), data, seconds=25, seed=0, now=lambda: float(next(ticks)))
    assert {c.repeats for c in found} < set(range(2, 10))
    assert len({c.repeats for c in found}) == 1
    ticks = iter(range(10_000))
    assert permutation_importance(knowing(data, by_size), data, seconds=3, seed=0, now=lambda: float(next(ticks))) == []


def test_few_rows_are_enough(knowing):
    data, sizes = tiny(Modality.TABLE), set()

    def rule(d):
        sizes.add(len(d))
        return by_size(d)

    permutation_importance(knowing(data, rule), data, most_rows=20, repeats=2, seed=0)
    assert sizes == {20}


def test_what_it_cannot_do_is_said(knowing):
    table, text = tiny(Modality.TABLE), tiny(Modality.TEXT)
    from dataclasses import replace

    with pytest.raises(DataError, match="holds text examples"):
        permutation_importance(knowing(text, by_size), text, seed=0)
    with pytest.raises(DataError, match=r"no target.*require_target"):
        permutation_importance(knowing(table, by_size), replace(table, target=None), seed=0)
    with pytest.raises(ConfigError, match="at least 2, for an interval; got 1"):
        permutation_importance(knowing(table, by_size), table, repeats=1, seed=0)
