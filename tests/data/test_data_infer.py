from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from whet.data.infer import infer_schema
from whet.data.kinds import Kind, Modality
from whet.data.raw import Raw
from whet.data.schema import Schema
from whet.errors import ConfigError, DataError, LabelError

N = 60


def raw_of(**columns):
    columns.setdefault("y", ["a", "b"] * (len(next(iter(columns.values()))) // 2))
    return Raw(origin="t.csv", table=pa.table(columns))


def kinds(schema):
    return {c.name: c.kind for c in (*schema.features, *schema.ignored)}


def table_columns():
    return {
        "age": [str(20 + i % 7) for i in range(N)],
        "income": [f"{i * 1.5}" if i % 9 else "NA" for i in range(N)],
        "job": ["nurse", "cook", "smith"] * (N // 3),
        "zip": [f"0{1000 + i % 4}" for i in range(N)],
        "joined": [f"{1 + i % 28:02d}/01/2024" for i in range(N)],
        "note": [f"this is the long note number {i}" for i in range(N)],
        "same": ["x"] * N,
        "gone": ["?" if i % 2 else None for i in range(N)],
        "user_id": [f"u{i * 7919 % 1000:04d}" for i in range(N)],
        "line": [str(i + 1) for i in range(N)],
    }


def test_each_column_of_a_mixed_table_gets_its_kind_and_a_reason():
    schema = infer_schema(raw_of(**table_columns()), target="y")
    assert kinds(schema) == {
        "age": Kind.NUMBER,
        "income": Kind.NUMBER,
        "job": Kind.CATEGORY,
        "zip": Kind.CATEGORY,
        "joined": Kind.DATE,
        "note": Kind.TEXT,
        "same": Kind.IGNORED,
        "gone": Kind.IGNORED,
        "user_id": Kind.IGNORED,
        "line": Kind.IGNORED,
    }
    assert all(c.why for c in (*schema.features, *schema.ignored))
    assert schema.modality is Modality.TABLE
    assert schema.of_kind(Kind.CATEGORY)[0].labels == ("cook", "nurse", "smith")


def test_a_schema_survives_its_dictionary():
    schema = infer_schema(raw_of(**table_columns()), target="y")
    assert Schema.from_dict(schema.to_dict()) == schema


def test_day_first_dates_are_told_from_month_first_ones():
    (joined,) = infer_schema(raw_of(joined=table_columns()["joined"]), target="y").features
    assert joined.date_format == "%d/%m/%Y"


def test_typed_columns_keep_the_type_of_the_source():
    stamps = [datetime(2024, 1, 1 + i % 20) for i in range(N)]
    schema = infer_schema(raw_of(when=stamps, ok=[True, False, False] * 20, x=np.arange(N) * 0.5), target="y")
    assert kinds(schema) == {"when": Kind.DATE, "ok": Kind.CATEGORY, "x": Kind.NUMBER}


def test_one_text_alone_makes_the_modality_text_even_in_ten_rows():
    schema = infer_schema(raw_of(t=[f"a few words about thing {i}" for i in range(10)]), target="y")
    assert schema.modality is Modality.TEXT


def test_distinct_single_words_are_read_as_text_when_nothing_else_is_there():
    schema = infer_schema(raw_of(name=[f"na{i:x}me" for i in range(40)]), target="y")
    assert schema.modality is Modality.TEXT


@pytest.mark.parametrize(
    ("values", "is_number"),
    [
        (["yes", "no"] * 50, False),
        ([str(i % 3) for i in range(100)], False),
        ([f"{i % 3}.0" for i in range(100)], False),
        ([str(i) for i in range(100)], True),
        ([f"{i * 0.37:.2f}" for i in range(100)], True),
        ([True, False] * 50, False),
    ],
)
def test_the_values_decide_between_classes_and_a_number(values, is_number):
    raw = raw_of(x=[f"{i * 0.1:.1f}" for i in range(100)], y=values)
    assert infer_schema(raw, target="y").target_is_number is is_number


def test_the_task_overrides_what_the_values_suggest():
    raw = raw_of(x=[f"{i * 0.1:.1f}" for i in range(100)], y=[str(i % 3) for i in range(100)])
    assert infer_schema(raw, target="y", task="table_regression").target_is_number


def test_a_task_of_another_modality_is_refused_with_what_the_source_holds():
    with pytest.raises(ConfigError, match=r"'image_classification' needs one image column.*'job' \(category\)"):
        infer_schema(raw_of(job=["a", "b", "c"] * 20), target="y", task="image_classification")


def test_an_unknown_task_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match=r"Did you mean 'table_regression'"):
        infer_schema(raw_of(x=["1", "2"]), target="y", task="tabel_regression")


def test_types_override_inference_and_all_their_faults_are_told_together():
    raw = raw_of(**table_columns())
    schema = infer_schema(raw, target="y", types={"age": "category", "note": "ignored"})
    assert kinds(schema)["age"] is Kind.CATEGORY
    assert kinds(schema)["note"] is Kind.IGNORED
    with pytest.raises(ConfigError, match=r"(?s)'agee'.*'age'.*'nummer'.*'number'.*'y'.*the target"):
        infer_schema(raw, target="y", types={"agee": "number", "age": "nummer", "y": "text"})


def test_words_declared_as_a_number_are_refused():
    with pytest.raises(DataError, match=r"'job' is a number, but no value parses"):
        infer_schema(raw_of(job=["nurse", "cook"] * 5), target="y", types={"job": "number"})


def test_no_target_lists_the_columns_and_never_guesses():
    with pytest.raises(DataError, match=r"does not guess.*'x', 'label'.*Likely: 'label'"):
        infer_schema(raw_of(x=["1", "2"], label=["a", "b"]), target=None)


def test_a_misspelt_target_is_answered_with_the_nearest():
    with pytest.raises(DataError, match=r"no column 'lable'.*Did you mean 'label'"):
        infer_schema(raw_of(x=["1", "2"], label=["a", "b"]), target="lable")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([None] * 20, "all 20 values are missing"),
        (["a", None] * 10, "10 of 20 values are missing"),
        (["a"] * 20, "has the label 'a'"),
        (["a", "b"] * 9 + ["a", "rare"], r"1 of 3 classes have a single example.*'rare' \(row 19\).*merge"),
    ],
)
def test_unusable_targets_are_refused_with_the_rows_and_what_to_do(values, message):
    with pytest.raises(LabelError, match=message):
        infer_schema(raw_of(x=[str(i * 0.3) for i in range(20)], y=pa.array(values, pa.string())), target="y")


def test_a_regression_on_words_is_refused():
    with pytest.raises(LabelError, match=r"20 of 20 values are no finite numbers.*'a' in row 0"):
        infer_schema(raw_of(x=[str(i * 0.3) for i in range(20)]), target="y", task="regression")


def test_no_usable_feature_is_refused_with_every_reason():
    with pytest.raises(DataError, match=r"no usable feature.*'same': constant"):
        infer_schema(raw_of(same=["x"] * 20), target="y")


def test_group_and_time_steer_the_split_and_stay_out_of_the_model():
    raw = raw_of(**table_columns())
    schema = infer_schema(raw, target="y", group="job", time="joined")
    assert kinds(schema)["job"] is Kind.IGNORED
    assert (schema.group, schema.time) == ("job", "joined")
    with pytest.raises(DataError, match=r"no group column 'jobb'.*Did you mean 'job'"):
        infer_schema(raw, target="y", group="jobb")


def write_pictures(folder: Path, *, size, colour, count=6):
    names = []
    rng = np.random.default_rng(0)
    for i in range(count):
        shape = (size[0], size[1], 3) if colour else size
        names.append(f"{i}.png")
        Image.fromarray(rng.integers(0, 255, shape, dtype=np.uint8)).save(folder / names[-1])
    return names


@pytest.mark.parametrize(
    ("size", "colour", "side", "expected"),
    [
        ((28, 20), False, None, (28, 20, 1)),
        ((28, 20), True, None, (28, 20, 3)),
        ((200, 100), True, None, (64, 32, 3)),
        ((200, 100), True, 32, (32, 16, 3)),
    ],
)
def test_pictures_choose_their_size_and_channels(tmp_path, size, colour, side, expected):
    names = write_pictures(tmp_path, size=size, colour=colour)
    raw = Raw(origin="p", table=pa.table({"path": names, "n": list("123456"), "y": ["a", "b"] * 3}), root=tmp_path)
    schema = infer_schema(raw, target="y", image_size=side)
    assert schema.modality is Modality.IMAGE
    assert schema.features[0].image_size == expected
    assert [c.name for c in schema.ignored] == ["n"]


def test_paths_to_pictures_that_do_not_exist_are_said_to_be_missing():
    raw = raw_of(path=[f"{i}.png" for i in range(30)], x=[f"{i * 0.1}" for i in range(30)])
    (ignored,) = infer_schema(raw, target="y").ignored
    assert "none of 30 exists" in ignored.why


def test_arrays_become_pictures_or_series_by_their_type():
    table = pa.table({"y": ["a", "b"] * 3})
    pictures = Raw(origin="p", table=table, arrays={"image": np.zeros((6, 8, 8), np.uint8)}, target="y")
    series = Raw(origin="s", table=table, arrays={"series": np.zeros((6, 2, 9), np.float32)}, target="y")
    assert infer_schema(pictures, target=None).features[0].image_size == (8, 8, 1)
    assert infer_schema(series, target=None).features[0].series_shape == (2, 9)


def test_types_of_the_source_that_are_not_read_are_said(tmp_path):
    raw = raw_of(x=np.arange(6) * 0.5, gap=pa.array([1, 2, 3, 4, 5, 6], pa.duration("s")), raw=[b"a"] * 6)
    schema = infer_schema(raw, target="y")
    assert [c.name for c in schema.features] == ["x"]
    assert all("not read" in c.why for c in schema.ignored)
