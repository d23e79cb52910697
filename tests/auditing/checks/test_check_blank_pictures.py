"""Planted in a set of pictures at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, changed, found, labels, opened, pictures, rows_of, series

from whet.auditing.checks.blank_pictures import BlankPictures
from whet.errors import ConfigError


def spoilt(picture):
    return np.full_like(picture, 87)


def nearly(picture):
    return np.full_like(picture, 87) + (np.indices(picture.shape).sum(axis=0) % 2).astype(np.uint8)


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_pictures_are_found(share):
    rows = rows_of(300, share)
    finding = assert_only(found(BlankPictures(), opened(changed(pictures(), rows, spoilt))), rows)
    assert finding.symptom == "blank_pictures"
    assert finding.edits[0].rows == tuple(sorted(finding.rows))


def test_sound_pictures_and_series_are_silent():
    assert found(BlankPictures(), opened(pictures())) == []
    assert found(BlankPictures(), opened(series())) == []


def test_the_setting_decides():
    rows = rows_of(300)
    assert found(BlankPictures(span=0.0, contrast=0.0), opened(changed(pictures(), rows, nearly))) == []
    with pytest.raises(ConfigError, match=r"contrast.*'much'"):
        BlankPictures(contrast="much")


def test_test_pictures_are_judged_by_training_ones():
    rows = rows_of(60, 0.1)
    test = changed(pictures(60, seed=5), rows, spoilt)
    (finding,) = found(BlankPictures(), opened(pictures(), test=(test, labels(60))))
    assert finding.part == "test"
    assert set(finding.rows) == set(rows.tolist())
    assert finding.edits == ()


def test_many_blank_pictures_are_severe_and_surely_dropped():
    blank = changed(pictures(), rows_of(300, 0.2), spoilt)
    (finding,) = found(BlankPictures(), opened(blank))
    assert finding.level == "severe"
    assert finding.edits[0].certain
