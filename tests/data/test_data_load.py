import numpy as np
import pandas as pd
import pytest
from PIL import Image

from whet.data.load import load
from whet.errors import DataError, LabelError


def write_table(path, num=40):
    frame = pd.DataFrame(
        {
            "x": [i * 0.5 for i in range(num)],
            "job": ["nurse", "cook"] * (num // 2),
            "when": [f"2024-02-{1 + i % 28:02d}" for i in range(num)],
            "y": [i % 2 for i in range(num)],
        }
    )
    frame.to_csv(path, index=False)
    return frame


def test_a_csv_file_loads_end_to_end_and_again_from_its_cache(tmp_path):
    write_table(tmp_path / "t.csv")
    first, again = (load(tmp_path / "t.csv", target="y", time="when", cache=tmp_path / "cache") for _ in range(2))
    assert first.target.tolist() == ["0", "1"] * 20
    assert first.fingerprint == again.fingerprint
    assert [c.name for c in first.schema.features] == ["x", "job"]
    assert len(first.times) == 40
    assert first.origin == "t.csv"


def test_a_file_and_a_frame_of_the_same_values_give_the_same_examples(tmp_path):
    frame = write_table(tmp_path / "t.csv")
    from_file, from_frame = load(tmp_path / "t.csv", target="y"), load(frame, target="y")
    np.testing.assert_array_equal(from_file.columns["x"].values, from_frame.columns["x"].values)
    np.testing.assert_array_equal(from_file.columns["job"].codes, from_frame.columns["job"].codes)
    assert from_file.target.tolist() == from_frame.target.tolist()


def test_a_stored_schema_is_obeyed_on_new_rows_without_a_target(tmp_path):
    schema = load(write_table(tmp_path / "t.csv"), target="y").schema
    new = pd.DataFrame({"extra": [1, 2], "job": ["cook", "pilot"], "when": ["2024-05-01", None], "x": ["7", "bad"]})
    data = load(new, schema=schema, require_target=False)
    assert data.schema == schema
    assert data.target is None
    assert data.columns["job"].codes.tolist() == [0, -2]
    assert data.columns["x"].values[0] == 7
    assert np.isnan(data.columns["x"].values[1])
    assert {p.where.split("'")[1] for p in data.problems} == {"job", "x"}


def test_missing_features_are_told_together_with_the_nearest_names(tmp_path):
    schema = load(write_table(tmp_path / "t.csv"), target="y").schema
    with pytest.raises(DataError, match=r"'job' is missing. Did you mean 'jobs'.*'when' is missing.*target column 'y'"):
        load(pd.DataFrame({"x": [1.0], "jobs": ["cook"]}), schema=schema)


def test_prediction_keeps_rows_whose_label_is_blank(tmp_path):
    schema = load(write_table(tmp_path / "t.csv"), target="y").schema
    new = pd.DataFrame({"x": [1.0, 2.0], "job": ["cook"] * 2, "when": ["2024-05-01"] * 2, "y": [1, None]})
    data = load(new, schema=schema, require_target=False)
    assert len(data) == 2
    assert data.target is None
    assert "1 of 2 rows have no 'y'" in data.problems[-1].what


def test_settings_that_a_schema_already_decides_are_refused(tmp_path):
    frame = write_table(tmp_path / "t.csv")
    with pytest.raises(DataError, match=r"a schema was given, so task cannot be given too"):
        load(frame, schema=load(frame, target="y").schema, task="classification")


def write_pictures(folder, per_class):
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for i in range(per_class):
            Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)).save(folder / name / f"{i:02d}.png")


def test_a_folder_of_pictures_loads_by_class_and_names_its_files(tmp_path):
    write_pictures(tmp_path / "pets", 12)
    (tmp_path / "pets" / "cat" / "05.png").write_bytes(b"broken")
    data = load(tmp_path / "pets")
    assert len(data) == 23
    assert data.columns["image"].pixels.shape[1:] == (16, 16, 3)
    assert data.names()[0] == "cat/00.png"
    assert [p.where for p in data.problems] == ["cat/05.png"]


def test_a_class_whose_pictures_cannot_be_read_is_refused_by_name(tmp_path):
    write_pictures(tmp_path / "pets", 30)
    (tmp_path / "pets" / "cow").mkdir()
    for name in ("1.png", "2.png"):
        Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(tmp_path / "pets" / "cow" / name)
    (tmp_path / "pets" / "cow" / "1.png").write_bytes(b"broken")
    with pytest.raises(LabelError, match=r"1 of 3 classes have a single example.*'cow'"):
        load(tmp_path / "pets")


def test_arrays_load_as_series_when_asked_for(tmp_path):
    x = np.cumsum(np.random.default_rng(0).normal(size=(20, 30)), axis=1)
    data = load((x, np.array(["a", "b"] * 10)), task="series_classification")
    assert data.columns["series"].values.shape == (20, 1, 30)
    assert data.target.tolist() == ["a", "b"] * 10
