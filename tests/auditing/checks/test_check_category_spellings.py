"""Case, space and slips of the pen; different words are left alone."""

import pytest
from planted_columns import assert_only, found, rows_of, sound_table, with_values

from whet.auditing.checks.category_spellings import CategorySpellings


def test_a_sound_table_is_silent():
    assert found(CategorySpellings(), sound_table()) == []


@pytest.mark.parametrize("make", [str.upper, lambda v: v[:3] + v[4] + v[3] + v[5:], lambda v: v.replace("m", "mm")])
def test_variants_are_brought_to_the_frequent_spelling(make):
    table, rows = sound_table(), rows_of(1000, 0.02)
    rows = rows[[make(v) != v for v in table["city"][rows]]]
    finding = assert_only(found(CategorySpellings(), with_values(table, "city", rows, make)), rows)
    assert finding.level == "moderate"
    (edit,) = finding.edits
    assert list(edit.values) == table["city"][list(edit.rows)].tolist()
    assert not edit.certain


def test_outer_space_is_slight_and_certain():
    rows = rows_of(1000)
    finding = assert_only(found(CategorySpellings(), with_values(sound_table(), "city", rows, lambda v: v + " ")), rows)
    assert finding.severity < 0.3
    assert finding.edits[0].certain


@pytest.mark.parametrize("pair", [("male", "female"), ("ISLAND", "INLAND"), ("type 1", "type 2"), ("Iran", "Iraq")])
def test_other_words_are_no_variants(pair):
    table = sound_table().assign(city=[pair[0] if i % 50 == 0 else pair[1] for i in range(1000)])
    assert found(CategorySpellings(), table) == []


def test_the_ratio_of_a_slip_is_a_setting():
    table = with_values(sound_table(), "city", rows_of(1000), lambda v: v[:3] + v[4] + v[3] + v[5:])
    assert found(CategorySpellings(ratio=500.0), table) == []
