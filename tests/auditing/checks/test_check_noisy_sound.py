"""Planted in a set of recordings at 1 % and 5 %; the sound set and other kinds of data are silent."""

import numpy as np
import pytest
from planted_media import assert_only, found, opened, opened_sounds, pictures, recordings, rows_of

from whet.auditing.checks.noisy_sound import NoisySound


def spoilt(wave):
    return wave + np.random.default_rng(len(wave)).normal(0, wave.std(), len(wave))


def planted(folder, share=0.05, change=spoilt):
    waves, rows = recordings(), rows_of(200, share)
    return opened_sounds(folder, [change(w) if i in rows else w for i, w in enumerate(waves)]), rows


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_sounds_are_found(tmp_path, share):
    inspection, rows = planted(tmp_path, share)
    assert_only(found(NoisySound(), inspection), rows)


def test_sound_recordings_and_pictures_are_silent(tmp_path):
    assert found(NoisySound(), opened_sounds(tmp_path, recordings())) == []
    assert found(NoisySound(), opened(pictures(60))) == []


def test_the_setting_decides(tmp_path):
    assert found(NoisySound(z=900.0), planted(tmp_path)[0]) == []
