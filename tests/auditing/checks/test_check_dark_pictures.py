"""Planted in a set of pictures at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, changed, found, labels, opened, pictures, rows_of, series

from whet.auditing.checks.dark_pictures import DarkPictures
from whet.errors import ConfigError


def spoilt(picture):
    return (picture * 0.15).astype(np.uint8)


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_pictures_are_found(share):
    rows = rows_of(300, share)
    finding = assert_only(found(DarkPictures(), opened(changed(pictures(), rows, spoilt))), rows)
    assert finding.symptom == "dark_pictures"
    assert finding.edits[0].rows == tuple(sorted(finding.rows))


def test_sound_pictures_and_series_are_silent():
    assert found(DarkPictures(), opened(pictures())) == []
    assert found(DarkPictures(), opened(series())) == []


def test_the_setting_decides():
    rows = rows_of(300)
    assert found(DarkPictures(brightest=0.0), opened(changed(pictures(), rows, spoilt))) == []
    with pytest.raises(ConfigError, match=r"brightest.*'much'"):
        DarkPictures(brightest="much")


def test_test_pictures_are_judged_by_training_ones():
    rows = rows_of(60, 0.1)
    test = changed(pictures(60, seed=5), rows, spoilt)
    (finding,) = found(DarkPictures(), opened(pictures(), test=(test, labels(60))))
    assert finding.part == "test"
    assert set(finding.rows) == set(rows.tolist())
    assert finding.edits == ()


def test_a_class_that_is_so_by_nature_is_left_alone():
    rows = np.flatnonzero(labels(300, 8) == "b")
    assert found(DarkPictures(), opened(changed(pictures(), rows, spoilt), labels(300, 8))) == []


def test_white_strokes_on_black_ground_are_not_dark():
    strokes = np.zeros((200, 28, 28), np.uint8)
    strokes[:, 5:24, 12:15] = 250
    assert found(DarkPictures(), opened(strokes)) == []
