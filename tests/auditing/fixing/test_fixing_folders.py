"""A cleaned copy of files has the files themselves; a new label is another class folder."""

import csv

import numpy as np
import pytest
from fixing_world import clean, drop, finding, put
from PIL import Image

from whet.auditing.opening import open_inspection
from whet.errors import DataError, RunError


def picture(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(path)


@pytest.fixture
def pets(tmp_path):
    root = tmp_path / "pets"
    for i in range(12):
        picture(root / ("cat", "dog")[i % 2] / f"{i // 2}.png", i)
    picture(root / "cat" / "deep" / "9.png", 99)
    return root


def content(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def sheet(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_files_are_copied_and_the_original_is_not_touched(pets, tmp_path):
    before = content(pets)
    cleaned = clean(pets, tmp_path / "clean", finding(drop(0)))
    left = [c for c in sheet(cleaned.folder / "changes.csv") if c["action"] == "left out"]
    assert [c["file"] for c in left] == ["cat/0.png"]
    assert content(cleaned.data) == {name: held for name, held in before.items() if name != "cat/0.png"}
    assert content(pets) == before
    assert cleaned.data.name == "pets"
    assert len(open_inspection(cleaned.data).data) == cleaned.num_out == 12


def test_a_new_label_is_another_folder_and_a_taken_name_is_changed(pets, tmp_path):
    before = content(pets)
    files = sorted(before)
    moved = files.index("cat/1.png")
    cleaned = clean(pets, tmp_path / "clean", finding(put("label", {moved: "dog"})))
    copy = content(cleaned.data)
    assert copy["dog/1 (2).png"] == before["cat/1.png"]
    assert copy["dog/1.png"] == before["dog/1.png"]
    assert "cat/1.png" not in copy
    changes = {c["action"]: c for c in sheet(cleaned.folder / "changes.csv")}
    assert (changes["changed"]["before"], changes["changed"]["after"]) == ("cat", "dog")
    assert (changes["renamed"]["before"], changes["renamed"]["after"]) == ("dog/1.png", "dog/1 (2).png")


def test_names_that_differ_only_by_case_both_survive_on_any_disk(pets, tmp_path):
    picture(pets / "dog" / "SAME.PNG", 50)
    picture(pets / "cat" / "same.png", 51)
    files = sorted(content(pets))
    cleaned = clean(pets, tmp_path / "clean", finding(put("label", {files.index("cat/same.png"): "dog"})))
    assert {"dog/SAME.PNG", "dog/same (2).png"} <= set(content(cleaned.data))


@pytest.mark.parametrize("label", ["../out", "a/b", ".hidden", "..", " ", "a\\b"])
def test_a_label_that_is_no_folder_name_is_refused(pets, tmp_path, label):
    with pytest.raises(DataError, match="cannot be the name of a class folder"):
        clean(pets, tmp_path / "clean", finding(put("label", {0: label})))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["pets"]


def test_files_that_are_no_pictures_are_listed_as_left_out(pets, tmp_path):
    (pets / "cat" / "notes.txt").write_text("hello")
    (pets / "cat" / "broken.png").write_bytes(b"no picture")
    cleaned = clean(pets, tmp_path / "clean")
    left = {c["file"] for c in sheet(cleaned.folder / "changes.csv") if c["action"] == "left out"}
    assert left == {"cat/notes.txt", "cat/broken.png"}
    assert (cleaned.num_in, cleaned.num_out) == (15, 13)


@pytest.mark.parametrize("inside", ["", "clean", "cat/clean"])
def test_a_folder_inside_the_source_is_refused(pets, inside):
    before = content(pets)
    with pytest.raises(RunError):
        clean(pets, pets / inside)
    assert content(pets) == before


def test_pictures_that_a_table_names_come_along_by_their_paths(tmp_path):
    rows = ["path,label"]
    for i in range(30):
        picture(tmp_path / "img" / "deep" / f"{i}.png", i)
        rows.append(f"img/deep/{i}.png,{'ab'[i % 2]}")
    rows[5] = f"{(tmp_path / 'img' / 'deep' / '4.png').as_posix()},a"
    source = tmp_path / "train.csv"
    source.write_text("\n".join(rows) + "\n")
    cleaned = clean(source, tmp_path / "out" / "clean", finding(drop(7)), target="label")
    named = {f"img/deep/{i}.png" for i in range(30) if i != 7}
    assert set(content(cleaned.folder)) == {"train.csv", "changes.csv", "review.csv", *named}
    again = open_inspection(cleaned.data, target="label")
    assert (len(again.data), str(again.modality)) == (29, "image")
    why = [c["why"] for c in sheet(cleaned.folder / "changes.csv") if c["column"] == "path"]
    assert why == ["absolute paths became relative to the copy"]
