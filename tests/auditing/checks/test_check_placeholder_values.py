"""Placeholders are found among numbers, dates and words; frequent values that are none are left alone."""

import numpy as np
import pytest
from planted_columns import assert_only, found, rows_of, sound_table, with_values

from whet.auditing.checks.placeholder_values import PlaceholderValues


def test_a_sound_table_is_silent():
    assert found(PlaceholderValues(), sound_table()) == []


@pytest.mark.parametrize(
    ("column", "value"), [("income", "-999"), ("age", "999"), ("age", "-1"), ("height", "0"), ("income", "999999")]
)
@pytest.mark.parametrize("share", [0.01, 0.05])
def test_a_repeated_isolated_number_is_found_and_its_edit_waits(column, value, share):
    rows = rows_of(1000, share)
    table = with_values(sound_table(), column, rows, lambda _: value)
    finding = assert_only(found(PlaceholderValues(), table), rows)
    assert finding.level == "moderate"
    assert finding.edits[0].values == (None,)
    assert not finding.edits[0].certain


def test_a_frequent_number_within_the_others_is_no_placeholder():
    table = with_values(sound_table(), "age", rows_of(1000, 0.3), lambda _: "50")
    assert found(PlaceholderValues(), table) == []


def test_a_zero_among_counts_is_no_placeholder():
    table = sound_table().assign(visits=np.random.default_rng(0).poisson(2, 1000))
    assert found(PlaceholderValues(), table) == []


@pytest.mark.parametrize("word", ["n/a", "?", "unknown"])
def test_a_word_among_numbers_is_beyond_dispute(word):
    rows = rows_of(1000)
    finding = assert_only(found(PlaceholderValues(), with_values(sound_table(), "income", rows, lambda _: word)), rows)
    assert finding.edits[0].certain


def test_what_programs_write_for_an_empty_cell_is_no_finding():
    assert found(PlaceholderValues(), with_values(sound_table(), "income", rows_of(1000), lambda _: "nan")) == []


def test_a_word_among_categories_waits_for_a_person():
    rows = rows_of(1000)
    finding = assert_only(found(PlaceholderValues(), with_values(sound_table(), "city", rows, lambda _: "?")), rows)
    assert not finding.edits[0].certain
    assert finding.level == "slight"


@pytest.mark.parametrize("day", ["1900-01-01", "1970-01-01", "9999-12-31"])
def test_the_first_or_last_day_that_a_program_knows_is_found(day):
    rows = rows_of(1000)
    assert_only(found(PlaceholderValues(), with_values(sound_table(), "begin", rows, lambda _: day)), rows)


def test_a_higher_isolation_asks_for_more():
    table = with_values(sound_table(), "age", rows_of(1000), lambda _: "999")
    assert found(PlaceholderValues(isolation=50.0), table) == []
