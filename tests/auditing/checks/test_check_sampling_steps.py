"""Planted in a set of waves at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, changed, found, opened, pictures, rows_of, series

from whet.auditing.checks.sampling_steps import SamplingSteps


def spoilt(one):
    half = np.linspace(0, one.shape[1] / 2, one.shape[1])
    return np.stack([np.interp(half, np.arange(one.shape[1]), channel) for channel in one])


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_series_are_found(share):
    rows = rows_of(300, share)
    assert_only(found(SamplingSteps(), opened(changed(series(), rows, spoilt))), rows)


def test_sound_series_and_pictures_are_silent():
    assert found(SamplingSteps(), opened(series())) == []
    assert found(SamplingSteps(), opened(np.cumsum(series(seed=3), axis=2))) == []
    assert found(SamplingSteps(), opened(pictures(60))) == []


def test_the_setting_decides():
    rows = rows_of(300)
    assert found(SamplingSteps(octaves=2.0), opened(changed(series(), rows, spoilt))) == []


def test_random_walks_are_silent():
    assert found(SamplingSteps(), opened(np.random.default_rng(0).normal(size=(300, 2, 120)).cumsum(axis=2))) == []
