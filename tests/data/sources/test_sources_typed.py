import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from whet.data.sources import read
from whet.data.sources.spill import GrowingTable
from whet.errors import DataError

COLUMNS = {
    "n": pa.array([1, None, 3]),
    "f": pa.array([0.5, 1.5, None]),
    "s": pa.array(["a", None, "c"]),
    "b": pa.array([True, False, None]),
    "d": pa.array([0, 1, None], pa.timestamp("us")),
    "c": pa.array(["x", "y", "x"]),
}
TABLE = pa.table(COLUMNS)


@pytest.mark.parametrize("limit", [1 << 30, 0], ids=["in memory", "mapped"])
def test_parquet_keeps_its_types(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(GrowingTable.__init__, "__kwdefaults__", {"limit_bytes": limit})
    coded = TABLE.set_column(5, "c", TABLE.column("c").dictionary_encode())
    parquet.write_table(coded, tmp_path / "t.parquet", row_group_size=2)
    raw = read(str(tmp_path / "t.parquet"), target="c")
    assert raw.table.equals(TABLE)
    assert (raw.origin, raw.target, raw.root, raw.problems) == ("t.parquet", "c", tmp_path, ())


def test_pandas_and_arrow_tables_keep_their_types():
    assert read(TABLE).table.equals(TABLE)
    frame = pd.DataFrame({"n": [1, 2], 7: ["a", None], "f": [np.nan, 1.0], "c": pd.Categorical(["u", "v"])})
    raw = read(frame)
    assert raw.table.column_names == ["n", "7", "f", "c"]
    assert raw.table.column("f").to_pylist() == [None, 1.0]
    assert raw.table.column("7").to_pylist() == ["a", None]
    assert raw.table.column("c").to_pylist() == ["u", "v"]
    assert raw.origin == "a pandas DataFrame of shape (2, 4)"


def test_a_named_index_is_remarked_and_a_target_may_come_apart():
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["u", "v"], name="id"))
    assert "reset_index" in read(frame).problems[0].what
    raw = read((frame, pd.Series(["x", "y"], name="kind")))
    assert raw.table.to_pydict() == {"a": [1, 2], "kind": ["x", "y"]}
    assert raw.target == "kind"
    with pytest.raises(DataError, match=r"shape \(3,\); expected \(2,\)"):
        read((frame, [1, 2, 3]))


def test_columns_without_a_common_type_are_all_named():
    frame = pd.DataFrame({"a": [1, "x"], "b": [1, 2], "c": [{}, 3]})
    with pytest.raises(DataError, match=r"column 'a'.*column 'c'.*astype\(str\)"):
        read(frame)
    with pytest.raises(DataError, match="same name for several columns: 'a'"):
        read(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(DataError, match="nothing to use"):
        read(pd.DataFrame({"a": []}))


def test_lists_of_equal_length_become_series_under_their_names():
    columns = {
        "ecg": pa.array([[1.0, 2.0], None, [3.0, None]]),
        "motion": pa.array([[[1, 2], [3, 4]]] * 3),
        "fixed": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int32(), 2)),
        "label": pa.array(["a", "b", "a"]),
    }
    raw = read(pa.table(columns))
    nan = np.nan
    np.testing.assert_array_equal(raw.arrays["ecg"], np.float32([[[1, 2]], [[nan, nan]], [[3, nan]]]))
    np.testing.assert_array_equal(raw.arrays["fixed"], np.float32([[[1, 2]], [[nan, nan]], [[3, 4]]]))
    assert raw.arrays["motion"].shape == (3, 2, 2)
    assert raw.arrays["motion"].dtype == np.float32
    assert raw.table.column_names == ["label"]


def test_a_slice_of_a_list_column_reads_like_a_copy():
    table = pa.table({"x": [[float(i), 2.0] for i in range(9)]})
    np.testing.assert_array_equal(read(table.slice(3, 4)).arrays["x"][:, 0, 0], [3, 4, 5, 6])


def test_other_nested_columns_are_all_named():
    columns = {"a": [{"x": 1}], "b": [["u"]], "c": [b"raw"], "d": [[[[1]]]], "e": [[]], "ok": [1]}
    message = r"column 'a' is of type struct.*'b' holds lists of string.*'c' is of type binary.*'d' holds.*'e' .*empty"
    with pytest.raises(DataError, match=message):
        read(pa.table(columns))
    with pytest.raises(DataError, match=r"column 'a' holds lists of 1 to 2 entries; pad"):
        read(pa.table({"a": [[1], [1, 2]]}))


def write(folder, lines, name="t.jsonl"):
    path = folder / name
    path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines), encoding="utf-8")
    return path


def test_json_lines_and_json_arrays_read_alike(tmp_path):
    rows = [{"a": 1, "t": "x"}, {"a": 2.5, "b": True}, {"t": "Zo\u00eb"}]
    expected = {"a": [1.0, 2.5, None], "t": ["x", None, "Zo\u00eb"], "b": [None, True, None]}
    assert read(write(tmp_path, rows)).table.to_pydict() == expected
    assert read(write(tmp_path, [json.dumps(rows, indent=1)], "t.json")).table.to_pydict() == expected
    assert read(write(tmp_path, rows, "lines.json")).table.to_pydict() == expected


def test_blocks_of_json_lines_agree_on_one_type(tmp_path, monkeypatch):
    import whet.data.sources.json_columns as json_columns

    rows = [{"a": i, "m": i} for i in range(5)] + [{"a": 0.5, "m": "x", "late": 1, "deep": [1, 2]}] * 4
    whole = read(write(tmp_path, rows))
    monkeypatch.setattr(json_columns, "_BLOCK_ROWS", 2)
    pieces = read(tmp_path / "t.jsonl")
    assert pieces.table.to_pydict() == whole.table.to_pydict()
    assert pieces.table.schema.equals(whole.table.schema)
    assert pieces.table.column("m").to_pylist() == ["0", "1", "2", "3", "4", "x", "x", "x", "x"]
    np.testing.assert_array_equal(pieces.arrays["deep"], whole.arrays["deep"])
    assert [p.kept for p in pieces.problems] == [True]
    assert "column 'm' mixes" in pieces.problems[0].what


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"a": 1', "is no JSON"),
        ("[1]", "expected an object"),
        ('{"a": 1, "a": 2}', r"keys \['a'\] occur twice"),
        ('{"a": "\\ud800"}', "is no JSON"),
        ("[" * 100_000, "is no JSON"),
    ],
    ids=["cut", "list", "twice", "surrogate", "deep"],
)
def test_a_damaged_json_line_is_reported(tmp_path, line, what):
    raw = read(write(tmp_path, [*[{"a": i} for i in range(30)], line, {"a": 31}, ""]))
    (problem,) = raw.problems
    assert (problem.where, problem.row) == ("t.jsonl line 31", 30)
    assert pytest.approx(31) == raw.num_rows
    assert raw.rows.tolist() == [*range(30), 31]
    with pytest.raises(DataError, match=what):
        raise DataError(problem.what)


def test_integers_beyond_64_bits_become_text(tmp_path):
    raw = read(write(tmp_path, [{"a": 2**70}, {"a": 1}]))
    assert raw.table.column("a").to_pylist() == [str(2**70), "1"]


def test_json_that_is_no_table_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"t\.json line 2: is no JSON"):
        read(write(tmp_path, ["[1,", "2"], "t.json"))
    with pytest.raises(DataError, match="holds no examples"):
        read(write(tmp_path, ["[]"], "t.json"))
    with pytest.raises(DataError, match="'a' mixes lists or objects"):
        read(write(tmp_path, [{"a": [1]}, {"a": "x"}]))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 20, b"\0" * 50])
def test_a_damaged_parquet_file_is_refused(tmp_path, content):
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(DataError, match=r"t\.parquet"):
        read(tmp_path / "t.parquet")
