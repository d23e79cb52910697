"""Slips of the decimal point are found; heavy tails are left alone."""

import numpy as np
import pytest
from planted_columns import assert_only, found, rows_of, sound_table, with_values

from whet.auditing.checks.column_outliers import ColumnOutliers


def far(value):
    return f"{float(value) * 37 + 1e6:.2f}"


def test_a_sound_table_is_silent():
    assert found(ColumnOutliers(), sound_table()) == []


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_numbers_beyond_a_gap_are_found(share):
    rows = rows_of(1000, share)
    finding = assert_only(found(ColumnOutliers(), with_values(sound_table(), "income", rows, far)), rows)
    assert finding.edits[0].values == (None,)
    assert not finding.edits[0].certain


def test_a_single_number_must_be_very_far():
    one = with_values(sound_table(), "income", [7], lambda v: f"{v[:-3]}0000000")
    assert [f.rows for f in found(ColumnOutliers(), one)] == [(7,)]
    assert found(ColumnOutliers(), with_values(sound_table(), "income", [7], lambda _: "200000")) == []


@pytest.mark.parametrize("freedom", [1, 2, 5])
def test_heavy_tails_have_no_outliers(freedom):
    draws = np.random.default_rng(0)
    table = sound_table().assign(**{f"x{i}": draws.standard_t(freedom, 1000).round(4) for i in range(10)})
    assert found(ColumnOutliers(), table) == []


def test_placeholders_and_other_units_are_told_elsewhere():
    placeholder = with_values(sound_table(), "income", rows_of(1000), lambda _: "9999999")
    unit = with_values(sound_table(), "height", rows_of(1000), lambda v: f"{float(v) * 1000:.1f}")
    assert found(ColumnOutliers(), placeholder) == found(ColumnOutliers(), unit) == []


def test_the_ratio_is_a_setting():
    table = with_values(sound_table(), "income", rows_of(1000), far)
    assert found(ColumnOutliers(ratio=1000.0), table) == []
