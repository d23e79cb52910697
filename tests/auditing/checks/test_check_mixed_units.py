"""Units written out, and bare numbers in two scales."""

import numpy as np
import pytest
from planted_columns import assert_only, found, rows_of, sound_table, with_values

from whet.auditing.checks.mixed_units import MixedUnits


def test_a_sound_table_is_silent():
    assert found(MixedUnits(), sound_table()) == []


def test_units_written_out_are_found_and_brought_to_one():
    table, rows = sound_table(), rows_of(1000, 0.05)
    written = with_values(table, "height", np.arange(1000), lambda v: f"{v} cm")
    mixed = with_values(written, "height", rows, lambda v: f"{float(v.split()[0]) / 100:.4f} m")
    edit = assert_only(found(MixedUnits(), mixed), rows).edits[0]
    assert [float(v) for v in edit.values] == pytest.approx(table["height"][list(edit.rows)].tolist(), abs=0.01)


@pytest.mark.parametrize("factor", [100, 1000, 2.54, 3.28084])
@pytest.mark.parametrize("share", [0.01, 0.05])
def test_bare_numbers_of_another_scale_are_found_and_mended(factor, share):
    table, rows = sound_table(), rows_of(1000, share)
    mixed = with_values(table, "height", rows, lambda v: f"{float(v) / factor:.5f}")
    edit = assert_only(found(MixedUnits(), mixed), rows).edits[0]
    assert [float(v) for v in edit.values] == pytest.approx(table["height"][list(edit.rows)].tolist(), rel=0.01)


def test_degrees_are_told_only_where_the_name_says_temperature():
    draws = np.random.default_rng(0)
    table, rows = sound_table().assign(temperature=draws.normal(20, 3, 1000).round(1)), rows_of(1000, 0.05)
    mixed = with_values(table, "temperature", rows, lambda v: f"{float(v) * 1.8 + 32:.2f}")
    assert_only(found(MixedUnits(), mixed), rows)
    assert found(MixedUnits(), mixed.rename(columns={"temperature": "level"})) == []


def test_two_groups_that_no_factor_joins_are_two_groups():
    draws = np.random.default_rng(0)
    values = np.where(draws.random(1000) < 0.1, draws.normal(17, 1, 1000), draws.normal(400, 30, 1000))
    assert found(MixedUnits(), sound_table().assign(level=values.round(2))) == []


def test_small_counts_are_no_other_scale():
    assert found(MixedUnits(), sound_table().assign(visits=np.random.default_rng(0).poisson(9, 1000))) == []


def test_the_least_share_is_a_setting():
    mixed = with_values(sound_table(), "height", rows_of(1000), lambda v: f"{float(v) / 100:.4f}")
    assert found(MixedUnits(least_share=0.02), mixed) == []
