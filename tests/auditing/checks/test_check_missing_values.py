"""Empty cells are counted, told together where they are empty together, and their pattern is named."""

import numpy as np
from planted_columns import assert_only, found, rows_of, sound_table

from whet.auditing.checks.missing_values import MissingValues


def emptied(table, column, rows):
    changed = table.copy()
    changed[column] = changed[column].astype(object)
    changed.loc[rows, column] = None
    return changed


def test_a_full_table_and_one_cell_in_a_thousand_are_silent():
    assert found(MissingValues(), sound_table()) == []
    assert found(MissingValues(), emptied(sound_table(), "age", [3])) == []


def test_one_percent_is_slight_and_half_is_moderate():
    rows = rows_of(1000)
    assert assert_only(found(MissingValues(), emptied(sound_table(), "income", rows)), rows).level == "slight"
    many = rows_of(1000, 0.5)
    finding = assert_only(found(MissingValues(), emptied(sound_table(), "city", many)), many)
    assert finding.level == "moderate"


def test_emptiness_that_follows_the_target_tells_it_and_chance_does_not():
    table = sound_table()
    rows = np.flatnonzero(table["label"] == "yes")[:60]
    (telling,) = found(MissingValues(), emptied(table, "income", rows))
    (random,) = found(MissingValues(), emptied(table, "income", rows_of(1000, 0.06)))
    assert "tells it" in telling.statement
    assert telling.level == "moderate"
    assert "tells it" not in random.statement


def test_emptiness_that_follows_a_number_to_predict_tells_it():
    table = sound_table().drop(columns="label")
    rows = np.argsort(table["income"].to_numpy())[-80:]
    (finding,) = found(MissingValues(), emptied(table, "height", rows), target="income")
    assert finding.evidence["rule"] == "emptiness tells the target"


def test_columns_that_are_empty_together_are_one_finding():
    rows = rows_of(1000, 0.05)
    table = emptied(emptied(sound_table(), "income", rows), "city", rows)
    assert assert_only(found(MissingValues(), table), rows).evidence["columns"] == ["income", "city"]


def test_the_least_share_is_a_setting():
    assert found(MissingValues(least_share=0.02), emptied(sound_table(), "income", rows_of(1000))) == []
