"""Planted in a set of waves at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, changed, found, opened, pictures, rows_of, series

from whet.auditing.checks.series_gaps import SeriesGaps


def spoilt(one):
    one[:, 40:60] = np.nan
    return one


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_series_are_found(share):
    rows = rows_of(300, share)
    assert_only(found(SeriesGaps(), opened(changed(series(), rows, spoilt))), rows)


def test_sound_series_and_pictures_are_silent():
    assert found(SeriesGaps(), opened(series())) == []
    assert found(SeriesGaps(), opened(np.cumsum(series(seed=3), axis=2))) == []
    assert found(SeriesGaps(), opened(pictures(60))) == []


def test_the_setting_decides():
    rows = rows_of(300)
    assert found(SeriesGaps(share=0.9), opened(changed(series(), rows, spoilt))) == []


def test_series_that_end_earlier_have_no_gap():
    short = series()
    short[::2, :, 80:] = np.nan
    assert found(SeriesGaps(), opened(short)) == []


def test_a_channel_without_any_value_is_a_gap():
    dead = series()
    dead[5, 1] = np.nan
    (finding,) = found(SeriesGaps(), opened(dead))
    assert finding.rows == (5,)
