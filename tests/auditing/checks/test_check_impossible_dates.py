"""Days that do not exist, years out of range, and dates out of order."""

import numpy as np
import pandas as pd
import pytest
from planted_columns import assert_only, found, rows_of, sound_table, with_values

from whet.auditing.checks.impossible_dates import ImpossibleDates


def test_a_sound_table_is_silent():
    assert found(ImpossibleDates(), sound_table()) == []


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_a_day_that_does_not_exist_is_found(share):
    rows = rows_of(1000, share)
    table = with_values(sound_table().drop(columns="end"), "begin", rows, lambda v: v[:4] + "-02-31")
    assert_only(found(ImpossibleDates(), table), rows)


@pytest.mark.parametrize("year", ["1702", "2204"])
def test_a_year_out_of_range_is_found(year):
    rows = rows_of(1000)
    table = with_values(sound_table().drop(columns="end"), "begin", rows, lambda v: year + v[4:])
    assert_only(found(ImpossibleDates(), table), rows)
    assert found(ImpossibleDates(first_year=1700, last_year=2300), table) == []


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_an_end_before_its_beginning_is_found(share):
    table, rows = sound_table(), rows_of(1000, share)
    table.loc[rows, ["begin", "end"]] = table.loc[rows, ["end", "begin"]].to_numpy()
    finding = assert_only(found(ImpossibleDates(), table), rows)
    assert finding.evidence["columns"] == ["begin", "end"]


def test_dates_that_have_no_order_are_silent():
    draws = np.random.default_rng(0)
    days = [(pd.Timestamp("2015-01-01") + pd.to_timedelta(draws.integers(a, 2_000 + a, 1000), "D")) for a in (0, 1_600)]
    table = sound_table().assign(begin=days[0].strftime("%Y-%m-%d"), end=days[1].strftime("%Y-%m-%d"))
    assert found(ImpossibleDates(), table) == []
