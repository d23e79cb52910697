"""Planted in a set of pictures at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, changed, found, labels, opened, pictures, rows_of, series

from whet.auditing.checks.faint_pictures import FaintPictures
from whet.errors import ConfigError


def spoilt(picture):
    return (110 + picture * 0.08).astype(np.uint8)


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_pictures_are_found(share):
    rows = rows_of(300, share)
    finding = assert_only(found(FaintPictures(), opened(changed(pictures(), rows, spoilt))), rows)
    assert finding.symptom == "faint_pictures"
    assert finding.edits[0].rows == tuple(sorted(finding.rows))


def test_sound_pictures_and_series_are_silent():
    assert found(FaintPictures(), opened(pictures())) == []
    assert found(FaintPictures(), opened(series())) == []


def test_the_setting_decides():
    rows = rows_of(300)
    assert found(FaintPictures(span=0.0), opened(changed(pictures(), rows, spoilt))) == []
    with pytest.raises(ConfigError, match=r"span.*'much'"):
        FaintPictures(span="much")


def test_test_pictures_are_judged_by_training_ones():
    rows = rows_of(60, 0.1)
    test = changed(pictures(60, seed=5), rows, spoilt)
    (finding,) = found(FaintPictures(), opened(pictures(), test=(test, labels(60))))
    assert finding.part == "test"
    assert set(finding.rows) == set(rows.tolist())
    assert finding.edits == ()


def test_a_class_that_is_so_by_nature_is_left_alone():
    rows = np.flatnonzero(labels(300, 8) == "b")
    assert found(FaintPictures(), opened(changed(pictures(), rows, spoilt), labels(300, 8))) == []
