"""Planted in a set of waves at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, changed, found, opened, pictures, rows_of, series

from whet.auditing.checks.series_spikes import SeriesSpikes


def spoilt(one):
    one[0, 55] += 15
    return one


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_series_are_found(share):
    rows = rows_of(300, share)
    assert_only(found(SeriesSpikes(), opened(changed(series(), rows, spoilt))), rows)


def test_sound_series_and_pictures_are_silent():
    assert found(SeriesSpikes(), opened(series())) == []
    assert found(SeriesSpikes(), opened(np.cumsum(series(seed=3), axis=2))) == []
    assert found(SeriesSpikes(), opened(pictures(60))) == []


def test_the_setting_decides():
    rows = rows_of(300)
    assert found(SeriesSpikes(spans=100.0), opened(changed(series(), rows, spoilt))) == []


def test_peaks_that_all_series_have_are_silent():
    beats = series()
    beats[:, :, ::30] += 15
    assert found(SeriesSpikes(), opened(beats)) == []
