"""Planted in a set of waves at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, changed, found, opened, pictures, rows_of, series

from whet.auditing.checks.flat_series import FlatSeries


def spoilt(one):
    one[1, 30:80] = one[1, 30]
    return one


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_series_are_found(share):
    rows = rows_of(300, share)
    assert_only(found(FlatSeries(), opened(changed(series(), rows, spoilt))), rows)


def test_sound_series_and_pictures_are_silent():
    assert found(FlatSeries(), opened(series())) == []
    assert found(FlatSeries(), opened(np.cumsum(series(seed=3), axis=2))) == []
    assert found(FlatSeries(), opened(pictures(60))) == []


def test_the_setting_decides():
    rows = rows_of(300)
    assert found(FlatSeries(share=0.9), opened(changed(series(), rows, spoilt))) == []


def test_a_dead_channel_is_named():
    dead = series()
    dead[5, 1] = 0
    (finding,) = found(FlatSeries(), opened(dead))
    assert finding.examples[0].what == "does not move at all in channel 1"


def test_switches_that_stand_still_by_nature_are_silent():
    assert found(FlatSeries(), opened(np.round(series()))) == []
