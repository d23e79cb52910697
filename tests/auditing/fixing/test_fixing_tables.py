"""A cleaned copy of a table has the form of the original, every row accounted for, and untouched cells as they were."""

import csv
import gzip
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fixing_world import audited, clean, drop, drop_column, finding, put
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whet.auditing.opening import open_inspection
from whet.data.sources import read
from whet.errors import DataError

HEADER = "a;note;junk;label"


def sheet(path, delimiter=","):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def lines(num=40):
    rows = [f'{i}.50;"said ""{i}"", then\nleft; é";x{i % 3};{"yes" if i % 2 else "no"}' for i in range(num)]
    return "\n".join([HEADER, *rows]) + "\n"


def accounted(cleaned, num_in):
    left = [c for c in sheet(cleaned.folder / "changes.csv") if c["action"] == "left out"]
    rows = read(cleaned.data).num_rows
    assert (cleaned.num_in, cleaned.num_out, cleaned.num_left_out) == (num_in, rows, len(left))
    assert rows + len(left) == num_in
    return left


def test_a_delimited_copy_keeps_separator_header_and_untouched_cells(tmp_path):
    source = tmp_path / "notes.csv"
    source.write_text(lines(), encoding="utf-8")
    before = source.read_bytes()
    wishes = finding(drop(3, 7), put("label", {5: "maybe"}), put("a", {6: None}), symptom="exact_duplicates")
    cleaned = clean(source, tmp_path / "clean", wishes, target="label")
    old, new = (sheet(path, ";") for path in (source, cleaned.data))
    expected = [row for i, row in enumerate(old) if i not in (3, 7)]
    expected[4]["label"] = "maybe"  # row 5, one row before it being gone
    expected[5]["a"] = ""
    assert new == expected
    assert cleaned.data.read_text(encoding="utf-8").startswith(HEADER + "\n")
    assert source.read_bytes() == before
    assert [c["row"] for c in accounted(cleaned, 40)] == ["3", "7"]
    changed = {c["action"]: c for c in sheet(cleaned.folder / "changes.csv")}
    assert (changed["changed"]["before"], changed["changed"]["after"], changed["changed"]["row"]) == (
        "yes",
        "maybe",
        "5",
    )
    assert (changed["emptied"]["before"], changed["emptied"]["after"]) == ("6.50", "")
    assert changed["left out"]["check"] == "exact_duplicates"
    assert cleaned.num_changed == 2


def test_a_dropped_column_is_gone_and_listed(tmp_path):
    source = tmp_path / "notes.csv"
    source.write_text(lines(), encoding="utf-8")
    cleaned = clean(source, tmp_path / "clean", finding(drop_column("junk")), target="label")
    assert read(cleaned.data).table.column_names == ["a", "note", "label"]
    (change,) = sheet(cleaned.folder / "changes.csv")
    assert (change["action"], change["column"]) == ("column left out", "junk")


def test_the_target_and_columns_that_are_not_there_are_never_dropped_and_it_is_said(tmp_path):
    source = tmp_path / "notes.csv"
    source.write_text(lines(), encoding="utf-8")
    wishes = finding(drop_column("label"), drop_column("none"), put("none", {1: "x"}), drop(999))
    cleaned = clean(source, tmp_path / "clean", wishes, target="label")
    assert cleaned.data.read_bytes() != b""
    assert read(cleaned.data).table.equals(read(source).table)
    assert [c["action"] for c in sheet(cleaned.folder / "changes.csv")] == ["not possible"] * 4


def test_dropping_wins_over_changing_and_the_first_change_over_the_second(tmp_path):
    source = tmp_path / "notes.csv"
    source.write_text(lines(), encoding="utf-8")
    first = finding(put("junk", {1: "first", 2: "gone"}), symptom="one")
    second = finding(put("junk", {1: "second"}), drop(2), symptom="two")
    cleaned = clean(source, tmp_path / "clean", first, second, finding(drop(2), symptom="three"), target="label")
    assert read(cleaned.data).table.column("junk")[1].as_py() == "first"
    (left,) = accounted(cleaned, 40)
    assert (left["row"], left["check"]) == ("2", "two + three")
    vain = [(c["row"], c["after"]) for c in sheet(cleaned.folder / "changes.csv") if c["action"] == "overruled"]
    assert sorted(vain) == [("1", "second"), ("2", "gone")]


def test_rows_that_reading_set_aside_are_listed(tmp_path):
    source = tmp_path / "notes.csv"
    whole = lines(60).splitlines(keepends=True)
    source.write_text("".join([*whole[:9], "1;2;3;4;5;6\n", *whole[9:]]) + '7.5;"without label";x;\n', encoding="utf-8")
    cleaned = clean(source, tmp_path / "clean", target="label")
    left = accounted(cleaned, 62)
    assert [c["row"] for c in left] == ["4", "61"]
    assert all(c["why"].startswith("could not be read") for c in left)
    assert open_inspection(cleaned.data, target="label").data.problems == ()


@pytest.mark.parametrize("name", ["t.tsv", "t.csv.gz", "t.tsv.gz"])
def test_other_endings_stay(tmp_path, name):
    separator = "\t" if "tsv" in name else ","
    text = (
        "\n".join(separator.join(row) for row in [("a", "b"), *((f"v{i}", "xy"[i % 2] + " z") for i in range(30))])
        + "\n"
    )
    source = tmp_path / name
    source.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    cleaned = clean(source, tmp_path / "clean", finding(drop(0)), target="b", task="table_classification")
    held = cleaned.data.read_bytes()
    assert (gzip.decompress(held) if name.endswith("gz") else held).decode() == text.replace(f"v0{separator}x z\n", "")
    assert cleaned.data.name == name


def test_one_column_that_is_left_can_still_be_read(tmp_path):
    source = tmp_path / "t.csv"
    source.write_text("text;junk\n" + "".join(f"some, text {i};j{i}\n" for i in range(30)) + '"";j\n', encoding="utf-8")
    cleaned = clean(source, tmp_path / "clean", finding(drop_column("junk")))
    assert read(cleaned.data).table.column("text").to_pylist() == [*(f"some, text {i}" for i in range(30)), None]


cells = st.one_of(st.none(), st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(cells, cells), min_size=2, max_size=12), st.sampled_from([",", ";", "\t", "|"]), st.data())
def test_any_cells_survive_the_copy(tmp_path_factory, rows, separator, data):
    from whet.auditing.fixing.delimited import write_delimited
    from whet.auditing.fixing.plan import merged
    from whet.auditing.fixing.wish import Wish

    folder = tmp_path_factory.mktemp("any")
    source = folder / "t.csv"
    with source.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=separator, quoting=csv.QUOTE_ALL)
        writer.writerows([("one", "two"), *(("" if a is None else a, "" if b is None else b) for a, b in rows)])
    raw = read(source)
    gone = data.draw(st.sets(st.integers(0, len(rows) - 1), max_size=len(rows) - 1))
    plan = merged(raw, [Wish("any", "drop_rows", row) for row in gone], target=None)
    write_delimited(raw, plan, source, folder / "copy.csv")
    copy = read(folder / "copy.csv")
    assert copy.table.to_pylist() == [r for i, r in enumerate(raw.table.to_pylist()) if i not in gone]


def test_parquet_keeps_its_types(tmp_path):
    source = tmp_path / "t.parquet"
    table = pa.table(
        {
            "n": pa.array(range(40), pa.int16()),
            "day": pa.array([0] * 40, pa.date32()),
            "kind": pa.array(["a", "b"] * 20).dictionary_encode(),
            "wave": pa.array([[float(i), 1.0, 2.0] for i in range(40)], pa.list_(pa.float32())),
            "label": ["yes", "no"] * 20,
        }
    )
    pq.write_table(table, source)
    wishes = finding(drop(0, 39), put("n", {1: "77"}), put("kind", {2: "c"}), put("day", {3: None}))
    cleaned = clean(source, tmp_path / "clean", wishes, target="label")
    copy = pq.read_table(cleaned.data)
    assert copy.schema.equals(table.schema)
    assert copy.column("n").to_pylist()[:2] == [77, 2]
    assert copy.column("kind").to_pylist()[1] == "c"
    assert copy.column("day").to_pylist()[2] is None
    assert copy.column("wave").to_pylist() == table.column("wave").to_pylist()[1:39]
    accounted(cleaned, 40)


def test_a_value_that_does_not_fit_the_type_is_refused_and_nothing_is_written(tmp_path):
    source = tmp_path / "t.parquet"
    pq.write_table(pa.table({"n": [i * i % 31 for i in range(40)], "label": ["yes", "no"] * 20}), source)
    with pytest.raises(DataError, match="column 'n' holds int64 values"):
        clean(source, tmp_path / "clean", finding(put("n", {1: "many"})), target="label")
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


def test_untouched_json_lines_stay_byte_for_byte(tmp_path):
    source = tmp_path / "t.jsonl"
    rows = [f'{{"n":  {i}.0, "text": "caf\\u00e9 {i}",   "label": "{"ab"[i % 2]}"}}' for i in range(40)]
    source.write_text("\n\n".join(rows), encoding="utf-8")
    cleaned = clean(source, tmp_path / "clean", finding(drop(3), put("n", {5: "7.25"})), target="label")
    copy = cleaned.data.read_text(encoding="utf-8").splitlines()
    assert [c for i, c in enumerate(copy) if i != 4] == [r for i, r in enumerate(rows) if i not in (3, 5)]
    assert json.loads(copy[4]) == {"n": 7.25, "text": "café 5", "label": "b"}
    accounted(cleaned, 40)


def test_a_json_array_stays_one(tmp_path):
    source = tmp_path / "t.json"
    source.write_text(
        json.dumps([{"n": i * i % 31, "junk": 1, "label": "ab"[i % 2]} for i in range(40)]), encoding="utf-8"
    )
    wishes = finding(drop(0), drop_column("junk"), put("label", {1: None}))
    cleaned = clean(source, tmp_path / "clean", wishes, target="label")
    copy = json.loads(cleaned.data.read_text(encoding="utf-8"))
    assert copy[:2] == [{"n": 1, "label": None}, {"n": 4, "label": "a"}]
    assert len(copy) == 39


def test_a_frame_in_memory_becomes_parquet(tmp_path):
    frame = pd.DataFrame(
        {"a": np.arange(40.0) ** 2 % 31, "when": pd.Timestamp("2020-01-01"), "label": ["yes", "no"] * 20}
    )
    cleaned = clean(frame, tmp_path / "clean", finding(drop(0), put("label", {1: "maybe"})), target="label")
    assert pd.read_parquet(cleaned.data)["label"].tolist() == ["maybe", *["yes", "no"] * 19]
    accounted(cleaned, 40)


def test_series_in_a_frame_stay_series(tmp_path):
    frame = pd.DataFrame({"ecg": [[1.0, 2.0, float(i)] for i in range(40)], "label": ["yes", "no"] * 20})
    cleaned = clean(frame, tmp_path / "clean", finding(drop(0)), target="label")
    assert (read(cleaned.data).arrays["ecg"] == read(frame).arrays["ecg"][1:]).all()


def test_the_copy_can_be_audited_and_another_copy_of_it_changes_nothing(tmp_path):
    source = tmp_path / "notes.csv"
    source.write_text(lines(), encoding="utf-8")
    once = clean(source, tmp_path / "one", finding(drop(3)), target="label")
    twice = clean(once.data, tmp_path / "two", target="label")
    assert twice.data.read_bytes() == once.data.read_bytes()
    assert len(audited(once.data, [], target="label")[1].data) == 39
