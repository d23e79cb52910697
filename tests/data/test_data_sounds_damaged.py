import os
import struct
from contextlib import suppress

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.data.decode.named_files import named_file
from whet.data.decode.sounds import mono_blocks, probe_sound, sound_path
from whet.data.load import load
from whet.errors import DataError

WAVE = 0.3 * np.sin(np.arange(8000) / 4) + 0.01 * np.random.default_rng(0).normal(size=8000)


def write(path, ending, **settings):
    path = path / f"a.{ending}"
    soundfile.write(path, WAVE, 8000, **settings)
    return path


def changed(path, at, value):
    content = bytearray(path.read_bytes())
    content[at : at + len(value)] = value
    path.write_bytes(content)
    return path


def fault(path):
    """What decoding says; an AssertionError if it finds nothing wrong."""
    with pytest.raises(DataError) as caught:
        list(mono_blocks(str(path), probe_sound(str(path))))
    assert str(path.parent) not in str(caught.value)  # stored results name no folder of this computer
    return str(caught.value)


def test_files_that_are_no_sound_are_told_apart(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"")
    assert fault(path) == "the file is empty"
    path.write_bytes(b"<html>not found</html>")
    assert "begins with b'<htm', which is no WAV, FLAC, OGG or MP3" in fault(path)
    path.write_bytes(b"RIFF")
    assert "damaged or cut off" in fault(path)
    assert fault(tmp_path / "b.wav") == "there is no such file"
    os.mkfifo(tmp_path / "pipe.wav")
    assert fault(tmp_path / "pipe.wav") == "there is no such file"


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3"])
def test_a_file_cut_in_half_is_a_fault(tmp_path, ending):
    path = write(tmp_path, ending)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "cut off" in fault(path)


def test_a_wav_written_to_a_pipe_has_no_size_and_is_read_whole(tmp_path):
    path = changed(write(tmp_path, "wav"), 40, b"\xff\xff\xff\xff")
    assert sum(map(len, mono_blocks(str(path), probe_sound(str(path))))) == 8000


def test_a_flac_header_that_lies_about_its_length_claims_no_memory(tmp_path):
    path = write(tmp_path, "flac")
    word = int.from_bytes(path.read_bytes()[18:26], "big")
    path = changed(path, 18, ((word >> 36 << 36) | 20_000_000).to_bytes(8, "big"))
    assert "cut off" in fault(path)
    path = changed(path, 18, (word >> 36 << 36).to_bytes(8, "big"))
    assert "nothing of its length" in fault(path)


@pytest.mark.parametrize(
    ("at", "value", "what"),
    [
        (24, struct.pack("<I", 500), "a rate of 500 Hz is outside"),
        (24, struct.pack("<I", 4_000_000), "a rate of 4,000,000 Hz is outside"),
        (22, struct.pack("<HIIH", 16, 8000, 256_000, 32), "16 channels are more than the 8 allowed"),
        (40, struct.pack("<I", 0), "its length is zero"),
    ],
)
def test_sizes_in_the_header_are_checked_before_decoding(tmp_path, at, value, what):
    assert what in fault(changed(write(tmp_path, "wav"), at, value))


def test_more_than_an_hour_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.flac", np.zeros(3_601_000, dtype=np.int16), 1000)
    assert "60.02 minutes" in fault(tmp_path / "a.flac")


def test_a_small_file_does_not_grow_without_end(tmp_path):
    soundfile.write(tmp_path / "a.flac", np.zeros(6_000_000, dtype=np.int16), 44_100)
    assert "grow to 22 MB, as in a file made to fill memory" in fault(tmp_path / "a.flac")


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_samples_that_are_no_numbers_are_a_fault(tmp_path, value):
    soundfile.write(tmp_path / "a.wav", np.append(WAVE, value), 8000, subtype="FLOAT")
    assert "NaN, infinite or beyond 1e12" in fault(tmp_path / "a.wav")


def test_codings_outside_the_list_are_not_opened(tmp_path):
    soundfile.write(tmp_path / "a.wav", WAVE, 8000, subtype="GSM610")
    assert "WAV holding GSM610 is not read; save it as plain WAV" in fault(tmp_path / "a.wav")
    soundfile.write(tmp_path / "b.wav", WAVE, 8000, format="AIFF")
    assert "is no WAV, FLAC, OGG or MP3" in fault(tmp_path / "b.wav")


@settings(max_examples=40, deadline=None)
@given(ending=st.sampled_from(["wav", "flac", "ogg", "mp3"]), seed=st.integers(0, 2**31 - 1), num=st.integers(1, 40))
def test_any_damage_gives_the_promised_samples_or_a_clear_error(tmp_path_factory, ending, seed, num):
    path = write(tmp_path_factory.mktemp("damage"), ending)
    rng = np.random.default_rng(seed)
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    content[rng.integers(0, min(len(content), 600), num)] = rng.integers(0, 256, num)
    path.write_bytes(content.tobytes())
    with suppress(DataError):
        header = probe_sound(str(path))
        assert sum(map(len, mono_blocks(str(path), header))) == header.num_samples


def test_a_path_outside_the_folder_is_refused(tmp_path):
    for value in ("../a.wav", os.path.join(os.sep, "etc", "a.wav")):
        with pytest.raises(DataError, match=r"lies outside the source's folder; put the sounds under it"):
            named_file(value, tmp_path, thing="sound")
    with pytest.raises(DataError, match="no sound is named"):
        named_file(" ", tmp_path, thing="sound")


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "in").mkdir()
    os.symlink(write(tmp_path, "wav"), tmp_path / "in" / "b.wav")
    with pytest.raises(DataError, match="it is a link out of the source's folder; put the sound itself there"):
        sound_path("b.wav", tmp_path / "in")


def table(folder, num_bad, num=40):
    rows = ["file,label"]
    for i in range(num):
        soundfile.write(folder / f"{i}.wav", WAVE[:800], 8000, subtype="FLOAT")
        rows.append(f"{i}.wav,{'ab'[i % 2]}")
    for i in range(num_bad):
        (folder / f"{i}.wav").write_bytes(b"RIFF" if i % 2 else b"")
    (folder / "t.csv").write_text("\n".join(rows))
    return folder / "t.csv"


def test_few_unreadable_sounds_are_set_aside_by_row_and_many_are_refused(tmp_path):
    data = load(table(tmp_path, 2), target="label")
    assert data.rows.tolist() == list(range(2, 40))
    assert [(p.row, p.kept) for p in data.problems] == [(0, False), (1, False)]
    assert "sound '0.wav' cannot be read: the file is empty" in data.problems[0].what
    assert all(len(wave) == 800 for wave in data.columns["file"].waves())
    with pytest.raises(DataError, match=r"3 of 40 sounds cannot be read.*formats read are WAV, FLAC, OGG and MP3"):
        load(table(tmp_path, 3), target="label")


def test_what_only_decoding_finds_sets_the_example_aside_too(tmp_path):
    path = table(tmp_path, 0)
    soundfile.write(tmp_path / "7.wav", np.append(WAVE, np.nan), 8000, subtype="FLOAT")
    data = load(path, target="label")
    assert len(data) == 39
    assert "NaN, infinite" in data.problems[0].what
