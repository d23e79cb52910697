import os

import pytest

from whet.data.sources import read
from whet.errors import DataError


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def test_class_folders_become_sorted_labelled_files(tmp_path):
    root = touch(tmp_path / "pets", "dog/2.JPG", "dog/deep/er/1.png", "cat/1.webp")
    raw = read(root)
    assert raw.table.to_pydict() == {
        "file": ["cat/1.webp", "dog/2.JPG", "dog/deep/er/1.png"],
        "image": ["cat/1.webp", "dog/2.JPG", "dog/deep/er/1.png"],
        "label": ["cat", "dog", "dog"],
    }
    assert (raw.root, raw.id_column, raw.target, raw.origin) == (root, "file", "label", "pets")
    assert raw.problems == ()
    assert read(str(root)).table.equals(raw.table)


def test_hidden_files_are_skipped_and_others_are_reported(tmp_path):
    touch(tmp_path, "a/1.png", "b/1.png", "a/.DS_Store", ".git/x.png", "a/notes.txt", "loose.png")
    (tmp_path / "empty").mkdir()
    raw = read(tmp_path)
    assert raw.table.column("file").to_pylist() == ["a/1.png", "b/1.png"]
    assert [(p.where, p.kept) for p in raw.problems] == [("a/notes.txt", False), ("empty/", True), ("loose.png", False)]
    assert "no picture" in raw.problems[0].what
    assert "class" in raw.problems[2].what


def test_a_flat_folder_has_no_labels(tmp_path):
    raw = read(touch(tmp_path, "2.png", "1.png"))
    assert raw.table.to_pydict() == {"file": ["1.png", "2.png"], "image": ["1.png", "2.png"]}
    assert raw.target is None
    with pytest.raises(DataError, match="no column 'label' to predict"):
        read(tmp_path, target="label")


def test_a_folder_with_one_class_or_splits_or_nothing_is_refused(tmp_path):
    with pytest.raises(DataError, match="one class only, 'cat'"):
        read(touch(tmp_path / "one", "cat/1.png", "cat/2.png"))
    with pytest.raises(DataError, match=r"'test', 'train'.*splits, not classes.*Name the one to use"):
        read(touch(tmp_path / "split", "train/a/1.png", "test/a/1.png"))
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="is empty"):
        read(tmp_path / "none")
    with pytest.raises(DataError, match=r"holds no pictures or sounds, but 'train\.csv'.*Did you mean the file"):
        read(touch(tmp_path / "table", "train.csv"))


def test_a_class_folder_may_be_a_link(tmp_path):
    touch(tmp_path, "store/1.png", "pets/dog/1.png")
    os.symlink(tmp_path / "store", tmp_path / "pets" / "cat")
    assert read(tmp_path / "pets").table.column("file").to_pylist() == ["cat/1.png", "dog/1.png"]


def test_a_file_name_that_is_no_text_is_reported(tmp_path):
    touch(tmp_path, "a/1.png", "b/1.png")
    try:
        with open(os.path.join(os.fsencode(tmp_path), b"a", b"\xff.png"), "wb"):
            pass
    except OSError:
        pytest.skip("the file system takes only names in UTF-8")
    raw = read(tmp_path)
    assert raw.num_rows == 2
    assert "rename" in raw.problems[0].what
