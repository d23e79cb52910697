"""Planted in a set of waves at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, changed, found, opened, pictures, rows_of, series

from whet.auditing.checks.series_scales import SeriesScales


def spoilt(one):
    return one * 1000


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_series_are_found(share):
    rows = rows_of(300, share)
    assert_only(found(SeriesScales(), opened(changed(series(), rows, spoilt))), rows)


def test_sound_series_and_pictures_are_silent():
    assert found(SeriesScales(), opened(series())) == []
    assert found(SeriesScales(), opened(np.cumsum(series(seed=3), axis=2))) == []
    assert found(SeriesScales(), opened(pictures(60))) == []


def test_the_setting_decides():
    rows = rows_of(300)
    assert found(SeriesScales(factor=1e6, offset=1e6), opened(changed(series(), rows, spoilt))) == []


def test_a_level_far_off_is_found():
    rows = rows_of(300, 0.03)
    assert_only(found(SeriesScales(), opened(changed(series(), rows, lambda one: one + 50))), rows)


def test_a_class_that_is_louder_is_silent():
    target = np.where(np.arange(300) % 3 == 0, "loud", "soft")
    assert found(SeriesScales(), opened(changed(series(), np.flatnonzero(target == "loud"), spoilt), target)) == []
