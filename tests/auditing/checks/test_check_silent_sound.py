"""Planted in a set of recordings at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, found, opened, opened_sounds, pictures, recordings, rows_of

from whet.auditing.checks.silent_sound import SilentSound


def spoilt(wave):
    return np.zeros_like(wave)


def planted(folder, share=0.05, change=spoilt):
    waves, rows = recordings(), rows_of(200, share)
    return opened_sounds(folder, [change(w) if i in rows else w for i, w in enumerate(waves)]), rows


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_sounds_are_found(tmp_path, share):
    inspection, rows = planted(tmp_path, share)
    assert_only(found(SilentSound(), inspection), rows)


def test_sound_recordings_and_pictures_are_silent(tmp_path):
    assert found(SilentSound(), opened_sounds(tmp_path, recordings())) == []
    assert found(SilentSound(), opened(pictures(60))) == []


def test_the_setting_decides(tmp_path):
    assert found(SilentSound(level=-199.0), planted(tmp_path)[0]) == []


def test_a_constant_is_silent_too_and_surely_dropped(tmp_path):
    inspection, rows = planted(tmp_path, change=lambda wave: np.full_like(wave, 0.3))
    assert assert_only(found(SilentSound(), inspection), rows).edits[0].certain
