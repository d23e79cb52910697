"""The column's name promises limits, and the other values must bear it out."""

import numpy as np
import pytest
from planted_columns import assert_only, found, rows_of, sound_table, with_values

from whet.auditing.checks.impossible_values import ImpossibleValues


def test_a_sound_table_is_silent():
    assert found(ImpossibleValues(), sound_table()) == []


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_negative_ages_are_found_and_certain(share):
    rows = rows_of(1000, share)
    finding = assert_only(found(ImpossibleValues(), with_values(sound_table(), "age", rows, lambda v: f"-{v}")), rows)
    assert "such as -" in finding.statement
    assert finding.edits[0].certain
    assert finding.level == "moderate"


@pytest.mark.parametrize(("name", "bad"), [("latitude", "95.5"), ("pct_used", "130.5"), ("numVisits", "-3")])
def test_names_of_several_forms_promise_limits(name, bad):
    table = sound_table().assign(**{name: np.random.default_rng(0).integers(0, 90, 1000)})
    rows = rows_of(1000)
    assert_only(found(ImpossibleValues(), with_values(table, name, rows, lambda _: bad)), rows)


def test_a_standardised_age_and_a_change_of_price_may_be_negative():
    draws = np.random.default_rng(0)
    table = sound_table().assign(age=draws.normal(size=1000), price_change=draws.normal(3, 1, 1000))
    assert found(ImpossibleValues(), table) == []


def test_the_share_from_which_the_name_means_something_else_is_a_setting():
    table = with_values(sound_table(), "age", rows_of(1000, 0.05), lambda v: f"-{v}")
    assert found(ImpossibleValues(most_share=0.02), table) == []
