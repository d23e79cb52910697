import os

import numpy as np
import pandas as pd
import pytest
import soundfile

from whet.data.decode.content import content_key
from whet.data.join import joined
from whet.data.kinds import Kind, Modality
from whet.data.load import load
from whet.data.sources import read
from whet.errors import ConfigError, DataError


def tone(hz, *, seconds=0.2, rate=8000, level=0.4, seed=0):
    noise = np.random.default_rng(seed).normal(size=round(seconds * rate))
    return level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate) + 0.01 * noise


def write_table(folder, *, num=12, ending="wav", **changes):
    """A table of ``num`` tones in two classes, low and high; columns in ``changes`` replace or add."""
    (folder / "clips").mkdir(parents=True)
    names = [f"clips/{i}.{ending}" for i in range(num)]
    for i, name in enumerate(names):
        soundfile.write(folder / name, tone(300 if i % 2 else 900, seed=i), 8000)
    frame = pd.DataFrame({"file": names, "label": ["high", "low"] * (num // 2), **changes})
    frame.to_csv(folder / "t.csv", index=False)
    return folder / "t.csv"


def test_a_table_of_paths_to_sounds_becomes_an_audio_column_with_its_reason(tmp_path):
    data = load(write_table(tmp_path, speaker=["ann", "bob", "cid"] * 4), target="label")
    (column,) = data.schema.features
    assert (data.schema.modality, column.name, column.kind) == (Modality.AUDIO, "file", Kind.AUDIO)
    assert column.why == (
        "12 of 12 values looked at end like sounds, and 12 exist; 8,000 Hz, mono, 0.2 s long by the median, at most "
        "0.2 s"
    )
    assert [c.name for c in data.schema.ignored] == ["speaker"]
    assert data.problems == ()


@pytest.mark.parametrize("write", ["to_json", "to_parquet"])
def test_other_tables_of_paths_are_read_alike(tmp_path, write):
    frame = pd.read_csv(write_table(tmp_path))
    if write == "to_json":
        frame.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    else:
        frame.to_parquet(tmp_path / "t.parquet")
    other = load(tmp_path / ("t.jsonl" if write == "to_json" else "t.parquet"), target="label")
    np.testing.assert_array_equal(
        other.columns["file"].flat, load(tmp_path / "t.csv", target="label").columns["file"].flat
    )


def test_samples_are_kept_as_they_are_at_their_own_rate_so_clipping_shows(tmp_path):
    path = write_table(tmp_path)
    loud = np.clip(tone(300, level=3.0, rate=16_000), -1, 1)
    soundfile.write(tmp_path / "clips/0.wav", loud, 16_000, subtype="PCM_16")
    column = load(path, target="label").columns["file"]
    wave = column.waves(np.array([0]))[0]
    np.testing.assert_allclose(wave, loud, atol=2**-15)
    assert (wave.max(), wave.min()) == (np.float32(1 - 2**-15), -1.0)
    assert np.mean(wave == wave.max()) > 0.2
    assert column.rates.tolist() == [16_000, *[8000] * 11]
    np.testing.assert_allclose(column.seconds(), 0.2)
    assert (column.flat.dtype, column.offsets.dtype, column.rates.dtype) == (np.float32, np.int64, np.int32)


def test_channels_are_averaged_and_counted(tmp_path):
    path = write_table(tmp_path)
    left, right = tone(300), tone(500, seed=1)
    soundfile.write(tmp_path / "clips/3.wav", np.column_stack([left, right]), 8000, subtype="FLOAT")
    column = load(path, target="label").columns["file"]
    np.testing.assert_allclose(column.waves(np.array([3]))[0], (left + right) / 2, atol=1e-6)
    assert column.channels.tolist() == [1, 1, 1, 2, *[1] * 8]


@pytest.mark.parametrize(("ending", "least"), [("flac", 0.9999), ("ogg", 0.98), ("mp3", 0.98)])
def test_compressed_sounds_are_read_over_several_blocks(tmp_path, ending, least):
    path = write_table(tmp_path, ending=ending)
    long = tone(440, seconds=10.0, rate=16_000)
    soundfile.write(tmp_path / f"clips/0.{ending}", long, 16_000)
    column = load(path, target="label").columns["file"]
    wave = column.waves(np.array([0]))[0]
    assert len(wave) == len(long)
    assert np.corrcoef(wave, long)[0, 1] > least


def test_views_share_storage_and_join_again(tmp_path):
    data = load(write_table(tmp_path), target="label")
    part = data.take(np.array([4, 1]))
    column = part.columns["file"]
    assert column.flat is data.columns["file"].flat
    waves = data.columns["file"].waves()
    for got, expected in zip(column.waves(), [waves[4], waves[1]], strict=True):
        np.testing.assert_array_equal(got, expected)
    both = joined(part, data.take(np.array([7])))
    np.testing.assert_array_equal(both.columns["file"].waves()[2], waves[7])
    assert column.seconds().shape == (2,)


def test_a_stored_schema_is_obeyed_on_new_sounds_without_labels(tmp_path):
    schema = load(write_table(tmp_path / "a"), target="label").schema
    path = write_table(tmp_path / "b", num=4)
    pd.read_csv(path).drop(columns="label").to_csv(path, index=False)
    data = load(path, schema=type(schema).from_dict(schema.to_dict()), require_target=False)
    assert (len(data), data.target, data.schema) == (4, None, schema)


def test_a_stored_decode_is_mapped_again_and_a_changed_file_is_seen(tmp_path):
    path = write_table(tmp_path)
    first, again = (load(path, target="label", cache=tmp_path / "cache") for _ in range(2))
    assert isinstance(again.columns["file"].flat, np.memmap)
    assert first.fingerprint == again.fingerprint == load(path, target="label").fingerprint
    raw = read(path, target="label")
    key = content_key(raw, first.schema)
    before = os.stat(tmp_path / "clips/0.wav")
    soundfile.write(tmp_path / "clips/0.wav", tone(200, seconds=0.3), 8000)
    os.utime(tmp_path / "clips/0.wav", ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))
    assert content_key(raw, first.schema) != key
    assert load(path, target="label", cache=tmp_path / "cache").fingerprint != first.fingerprint


def test_paths_that_do_not_exist_make_no_audio_column(tmp_path):
    path = write_table(tmp_path, elsewhere=[f"gone/{i}.mp3" for i in range(12)])
    data = load(path, target="label")
    (ignored,) = data.schema.ignored
    assert "looks like paths to sounds, but none of 12 exists" in ignored.why


def test_a_column_may_be_forced_to_audio_and_must_then_hold_sounds(tmp_path):
    path = write_table(tmp_path, n=[1, 2, 1, 2, 1, 3, 1, 2, 3, 2, 1, 3])
    assert (
        load(path, target="label", types={"file": "audio"}).schema.features[0].why.startswith("as you said; 8,000 Hz")
    )
    with pytest.raises(DataError, match=r"column 'n': no sound can be read; '.': there is no such file"):
        load(path, target="label", types={"n": "audio", "file": "ignored"})


def test_sounds_are_left_aside_when_a_table_is_asked_for(tmp_path):
    path = write_table(tmp_path, n=[1.5, 2, 1, 2.5, 1, 3, 1, 2, 3, 2, 1, 3])
    data = load(path, target="label", task="table_classification")
    assert [c.name for c in data.schema.features] == ["n"]
    with pytest.raises(ConfigError, match="needs one audio column"):
        load(path, target="label", task="audio_classification", types={"file": "ignored"})
