"""Parquet files that are cut, lie, or hold megabytes in kilobytes."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

import whet.data.sources.limits as limits
import whet.data.sources.parquet_pieces as parquet_pieces
from whet.data.sources import read
from whet.errors import DataError

TABLE = pa.table({"a": list(range(200)), "b": [f"text {i}" for i in range(200)], "s": [[0.5, i] for i in range(200)]})


def content_of(table, **settings):
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, **settings)
    return sink.getvalue().to_pybytes()


CONTENT = content_of(TABLE, row_group_size=64)


@pytest.mark.parametrize("coded", [False, True], ids=["texts", "categories"])
def test_a_text_repeated_a_million_times_is_refused(tmp_path, monkeypatch, coded):
    monkeypatch.setattr(parquet_pieces, "_FREE_BYTES", 8 << 20)
    same = pa.DictionaryArray.from_arrays(pa.array(np.zeros(50_000, np.int32)), pa.array(["x" * 100_000]))
    table = pa.table({"a": same})
    path = tmp_path / "t.parquet"
    path.write_bytes(content_of(table, dictionary_pagesize_limit=1 << 24, store_schema=coded))  # 5 GB in all
    assert path.stat().st_size < 1 << 20
    with pytest.raises(DataError, match=r"t\.parquet: 1 MB in the file grow to more than \d+ MB"):
        read(path)
    assert pa.total_allocated_bytes() < 200 << 20


def test_few_rows_at_a_time_read_the_same(tmp_path, monkeypatch):
    (tmp_path / "t.parquet").write_bytes(CONTENT)
    whole = read(tmp_path / "t.parquet")
    monkeypatch.setattr(parquet_pieces, "_PIECE_BYTES", 30)
    pieces = read(tmp_path / "t.parquet")
    assert pieces.table.equals(whole.table)
    assert whole.table.column("b").to_pylist() == TABLE.column("b").to_pylist()
    np.testing.assert_array_equal(pieces.arrays["s"], whole.arrays["s"])


def test_a_text_that_is_no_utf8_is_refused_at_once(tmp_path):
    damaged = pa.Array.from_buffers(pa.string(), 2, pa.array([b"\xff\xfe", b"x"]).buffers())
    (tmp_path / "t.parquet").write_bytes(content_of(pa.table({"a": damaged})))
    with pytest.raises(DataError, match=r"t\.parquet is no readable Parquet file.*UTF8"):
        read(tmp_path / "t.parquet")


def test_too_many_columns_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_COLUMNS", 30)
    table = pa.table({f"c{i}": pa.array([], pa.int8()) for i in range(40)})
    (tmp_path / "t.parquet").write_bytes(content_of(table))
    with pytest.raises(DataError, match="40 columns are more than the 30 allowed"):
        read(tmp_path / "t.parquet")


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(cut=st.floats(0, 1), at=st.floats(0, 0.999), byte=st.integers(0, 255))
def test_damage_raises_nothing_but_whet_errors_and_costs_no_row(tmp_path_factory, cut, at, byte):
    content = bytearray(CONTENT)
    content[int(at * len(content))] = byte
    path = tmp_path_factory.getbasetemp() / "damaged.parquet"
    path.write_bytes(content[: int((0.5 + cut) * len(content))])
    try:
        raw = read(path)
    except DataError:
        return
    assert raw.num_rows == 200
