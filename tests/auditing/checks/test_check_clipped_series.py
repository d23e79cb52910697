"""Planted in a set of waves at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, changed, found, opened, pictures, rows_of, series

from whet.auditing.checks.clipped_series import ClippedSeries


def spoilt(one):
    return np.clip(one, *np.quantile(one, [0.15, 0.85]))


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_series_are_found(share):
    rows = rows_of(300, share)
    assert_only(found(ClippedSeries(), opened(changed(series(), rows, spoilt))), rows)


def test_sound_series_and_pictures_are_silent():
    assert found(ClippedSeries(), opened(series())) == []
    assert found(ClippedSeries(), opened(np.cumsum(series(seed=3), axis=2))) == []
    assert found(ClippedSeries(), opened(pictures(60))) == []


def test_the_setting_decides():
    rows = rows_of(300)
    assert found(ClippedSeries(share=0.9), opened(changed(series(), rows, spoilt))) == []
