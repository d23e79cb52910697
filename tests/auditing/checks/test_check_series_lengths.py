"""Planted in a set of waves at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, changed, found, opened, pictures, rows_of, series

from whet.auditing.checks.series_lengths import SeriesLengths


def spoilt(one):
    one[:, 50:] = np.nan
    return one


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_series_are_found(share):
    rows = rows_of(300, share)
    assert_only(found(SeriesLengths(), opened(changed(series(), rows, spoilt))), rows)


def test_sound_series_and_pictures_are_silent():
    assert found(SeriesLengths(), opened(series())) == []
    assert found(SeriesLengths(), opened(np.cumsum(series(seed=3), axis=2))) == []
    assert found(SeriesLengths(), opened(pictures(60))) == []


def test_the_setting_decides():
    rows = rows_of(300)
    assert found(SeriesLengths(equal=1.0, z=1000.0), opened(changed(series(), rows, spoilt))) == []


def test_lengths_that_vary_by_nature_are_silent_and_a_stump_among_them_is_found():
    vary, ends = series(), np.random.default_rng(2).integers(60, 121, 300)
    for one, end in zip(vary, ends, strict=True):
        one[:, end:] = np.nan
    assert found(SeriesLengths(), opened(vary)) == []
    vary[9, :, 6:] = np.nan
    (finding,) = found(SeriesLengths(), opened(vary))
    assert finding.rows == (9,)
