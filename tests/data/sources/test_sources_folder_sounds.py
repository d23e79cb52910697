import numpy as np
import pytest
import soundfile

from whet.data.kinds import Kind
from whet.data.load import load
from whet.data.sources import read
from whet.errors import DataError


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def test_class_folders_of_sounds_become_sorted_labelled_files(tmp_path):
    root = touch(tmp_path / "calls", "owl/2.FLAC", "owl/deep/1.mp3", "lark/1.wav", "owl/notes.txt")
    raw = read(root)
    files = ["lark/1.wav", "owl/2.FLAC", "owl/deep/1.mp3"]
    assert raw.table.to_pydict() == {"file": files, "audio": files, "label": ["lark", "owl", "owl"]}
    assert (raw.root, raw.id_column, raw.target) == (root, "file", "label")
    assert [(p.where, p.kept) for p in raw.problems] == [("owl/notes.txt", False)]
    assert "is no sound; known are .wav" in raw.problems[0].what


def test_a_flat_folder_of_sounds_has_no_labels(tmp_path):
    raw = read(touch(tmp_path, "2.ogg", "1.wav"))
    assert raw.table.column_names == ["file", "audio"]
    assert raw.target is None


def test_a_folder_of_pictures_and_sounds_must_be_told_which(tmp_path):
    touch(tmp_path, "a/1.png", "a/1.wav", "b/2.png", "b/2.wav", "b/3.wav")
    with pytest.raises(DataError, match=r"holds 2 pictures and 3 sounds.*--task audio_classification"):
        read(tmp_path)
    assert read(tmp_path, prefer="audio").table.column("audio").to_pylist() == ["a/1.wav", "b/2.wav", "b/3.wav"]
    pictures = read(tmp_path, prefer="image")
    assert pictures.num_rows == 2
    assert [p.where for p in pictures.problems] == ["a/1.wav", "b/2.wav", "b/3.wav"]


def test_one_stray_file_of_the_other_kind_is_reported_like_any_other(tmp_path):
    raw = read(touch(tmp_path, "a/stray.wav", *(f"{c}/{i}.png" for c in "ab" for i in range(15))))
    assert raw.num_rows == 30
    assert [p.where for p in raw.problems] == ["a/stray.wav"]


def test_messages_speak_of_sounds(tmp_path):
    with pytest.raises(DataError, match=r"holds sounds of one class only, 'owl'.*predict on its sounds"):
        read(touch(tmp_path / "one", "owl/1.wav"))
    with pytest.raises(DataError, match=r"holds no sounds, but 'a/1\.png'"):
        read(touch(tmp_path / "none", "a/1.png"), prefer="audio")


def test_a_folder_of_sounds_loads_end_to_end(tmp_path):
    for name in ("lark", "owl"):
        (tmp_path / name).mkdir()
        for i in range(3):
            soundfile.write(tmp_path / name / f"{i}.wav", np.random.default_rng(i).normal(size=900) * 0.1, 8000)
    data = load(tmp_path)
    assert [(c.name, c.kind) for c in data.schema.features] == [("audio", Kind.AUDIO)]
    assert data.names()[:2] == ["lark/0.wav", "lark/1.wav"]
    assert data.target.tolist() == ["lark"] * 3 + ["owl"] * 3
