"""Planted in a set of recordings at 1 % and 5 %; the sound set and other kinds of data are silent."""

import pytest
from planted_media import assert_only, found, opened, opened_sounds, pictures, recordings, rows_of

from whet.auditing.checks.sound_lengths import SoundLengths


def spoilt(wave):
    return wave[: len(wave) // 8]


def planted(folder, share=0.05, change=spoilt):
    waves, rows = recordings(), rows_of(200, share)
    return opened_sounds(folder, [change(w) if i in rows else w for i, w in enumerate(waves)]), rows


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_sounds_are_found(tmp_path, share):
    inspection, rows = planted(tmp_path, share)
    assert_only(found(SoundLengths(), inspection), rows)


def test_sound_recordings_and_pictures_are_silent(tmp_path):
    assert found(SoundLengths(), opened_sounds(tmp_path, recordings())) == []
    assert found(SoundLengths(), opened(pictures(60))) == []


def test_the_setting_decides(tmp_path):
    assert found(SoundLengths(factor=50.0), planted(tmp_path)[0]) == []
