"""Planted in a set of pictures at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, changed, found, labels, opened, pictures, rows_of, series

from whet.auditing.checks.bright_pictures import BrightPictures
from whet.errors import ConfigError


def spoilt(picture):
    return np.clip(picture * 6.0 + 60, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_pictures_are_found(share):
    rows = rows_of(300, share)
    finding = assert_only(found(BrightPictures(), opened(changed(pictures(), rows, spoilt))), rows)
    assert finding.symptom == "bright_pictures"
    assert finding.edits[0].rows == tuple(sorted(finding.rows))


def test_sound_pictures_and_series_are_silent():
    assert found(BrightPictures(), opened(pictures())) == []
    assert found(BrightPictures(), opened(series())) == []


def test_the_setting_decides():
    rows = rows_of(300)
    assert found(BrightPictures(z=100.0), opened(changed(pictures(), rows, spoilt))) == []
    with pytest.raises(ConfigError, match=r"z.*'much'"):
        BrightPictures(z="much")


def test_test_pictures_are_judged_by_training_ones():
    rows = rows_of(60, 0.1)
    test = changed(pictures(60, seed=5), rows, spoilt)
    (finding,) = found(BrightPictures(), opened(pictures(), test=(test, labels(60))))
    assert finding.part == "test"
    assert set(finding.rows) == set(rows.tolist())
    assert finding.edits == ()


def test_a_class_that_is_so_by_nature_is_left_alone():
    rows = np.flatnonzero(labels(300, 8) == "b")
    assert found(BrightPictures(), opened(changed(pictures(), rows, spoilt), labels(300, 8))) == []


def test_black_strokes_on_white_ground_are_not_over_exposed():
    strokes = np.full((200, 28, 28), 255, np.uint8)
    strokes[:, 5:24, 12:15] = 10
    assert found(BrightPictures(), opened(strokes)) == []
