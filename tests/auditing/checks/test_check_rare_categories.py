"""Values that hardly occur, where they add up."""

from planted_columns import assert_only, found, rows_of, sound_table, with_values

from whet.auditing.checks.rare_categories import RareCategories


def rare(table, rows):
    names = iter([f"village {chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(len(rows))])
    return with_values(table, "city", rows, lambda _: next(names))


def test_a_sound_table_is_silent():
    assert found(RareCategories(), sound_table()) == []


def test_many_rare_values_are_one_slight_finding():
    rows = rows_of(1000, 0.05)
    assert assert_only(found(RareCategories(), rare(sound_table(), rows)), rows).level == "slight"


def test_a_single_rare_value_is_nothing():
    assert found(RareCategories(), rare(sound_table(), [3])) == []


def test_variants_of_one_spelling_and_damaged_numbers_are_not_rare():
    spelt = with_values(sound_table(), "city", rows_of(1000, 0.02), lambda v: v.upper())
    damaged = with_values(sound_table(), "income", rows_of(1000, 0.05), lambda _: "plenty")
    assert found(RareCategories(), spelt) == found(RareCategories(), damaged) == []


def test_the_share_is_a_setting():
    assert found(RareCategories(least_share=0.1), rare(sound_table(), rows_of(1000, 0.05))) == []
