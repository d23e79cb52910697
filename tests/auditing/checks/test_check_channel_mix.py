"""Mono alone is silent; stereo among it is told."""

import numpy as np
from planted_media import assert_only, found, opened, opened_sounds, pictures, recordings, rows_of

from whet.auditing.checks.channel_mix import ChannelMix


def opened_with(folder, rows):
    return opened_sounds(folder, [np.stack([w, w], 1) if i in rows else w for i, w in enumerate(recordings(100))])


def test_stereo_among_mono_is_slight(tmp_path):
    rows = rows_of(100)
    finding = assert_only(found(ChannelMix(), opened_with(tmp_path, rows)), rows)
    assert finding.level == "slight"
    assert finding.edits == ()


def test_mono_alone_and_pictures_are_silent(tmp_path):
    assert found(ChannelMix(), opened_with(tmp_path, [])) == []
    assert found(ChannelMix(), opened(pictures(60))) == []


def test_the_setting_decides(tmp_path):
    assert found(ChannelMix(share=0.1), opened_with(tmp_path, rows_of(100))) == []
