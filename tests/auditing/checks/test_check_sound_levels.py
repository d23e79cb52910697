"""Planted in a set of recordings at 1 % and 5 %; the sound set and other kinds of data are silent."""

import pytest
from planted_media import assert_only, found, opened, opened_sounds, pictures, recordings, rows_of

from whet.auditing.checks.sound_levels import SoundLevels


def spoilt(wave):
    return wave * 0.01


def planted(folder, share=0.05, change=spoilt):
    waves, rows = recordings(), rows_of(200, share)
    return opened_sounds(folder, [change(w) if i in rows else w for i, w in enumerate(waves)]), rows


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_sounds_are_found(tmp_path, share):
    inspection, rows = planted(tmp_path, share)
    assert_only(found(SoundLevels(), inspection), rows)


def test_sound_recordings_and_pictures_are_silent(tmp_path):
    assert found(SoundLevels(), opened_sounds(tmp_path, recordings())) == []
    assert found(SoundLevels(), opened(pictures(60))) == []


def test_the_setting_decides(tmp_path):
    assert found(SoundLevels(decibels=100.0), planted(tmp_path)[0]) == []
