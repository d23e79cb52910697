"""Whatever is done to a CSV file: only Whet's own errors, and every row is kept or reported."""

import csv
import io
import itertools
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from whet.data.sources import read
from whet.data.sources.records import records_of
from whet.data.sources.spill import GrowingTable
from whet.errors import DataError, WhetError

ROWS = [f"{i},name {i},{i / 7:.3f}" for i in range(100)]
QUOTED = [f'{i},"a ""quoted"", cell{chr(10) * (i % 9 == 0)}",é{i}' for i in range(100)]
FILES = [("id,text,value\n" + "\n".join(rows) + "\n").encode() for rows in (ROWS, QUOTED)]
SPECIAL = [b'"', b",", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\x81", b"\xe9", b'""', b";", b"\t", b" ", b"\xc3", b""]

mutations = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 3), st.sampled_from(SPECIAL)), min_size=1, max_size=4
)


def mutate(content, steps):
    for position, removed, inserted in steps:
        at = int(position * len(content))
        content = content[:at] + inserted + content[at + removed :]
    return content


def read_bytes(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv")
        path.write_bytes(content)
        return read(path)


def reference(text):
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    return rows[0], rows[1:]


@settings(max_examples=250, deadline=None, derandomize=True, database=None)
@given(which=st.integers(0, 1), steps=mutations)
def test_every_row_of_a_damaged_file_is_kept_or_reported(which, steps):
    content = mutate(FILES[which], steps)
    try:
        raw = read_bytes(content)
    except WhetError as error:
        event(str(error).split(":")[0][:30])
        return
    reported = [p.row for p in raw.problems if not p.kept]
    assert sorted([*raw.row_numbers.tolist(), *reported]) == list(range(raw.num_rows + len(reported)))
    if any("a quote is opened" in p.what for p in raw.problems):
        return  # Python's reader has no such rule; it takes all swallowed rows for one
    header, rows = reference(content.decode("latin-1"))
    assert len(rows) == raw.num_rows + len(reported)
    assert all(len(rows[i]) == len(header) for i in raw.row_numbers)
    try:
        header, rows = reference(content.decode("utf-8"))
    except UnicodeDecodeError:
        return
    kept = [[cell or None for cell in rows[i]] for i in raw.row_numbers]
    assert [list(row.values()) for row in raw.table.to_pylist()] == kept


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(content=st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing_but_whet_errors(content):
    try:
        raw = read_bytes(content)
    except WhetError:
        return
    assert raw.num_rows > 0


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=12), steps=mutations)
def test_records_do_not_depend_on_how_the_bytes_are_cut_into_blocks(cuts, steps):
    content = mutate(FILES[1][:400], steps)
    edges = [0, *sorted(cuts), len(content)]
    blocks = [content[a:b] for a, b in itertools.pairwise(edges) if a < b]
    assert all_records([content]) == all_records(blocks)


def all_records(blocks):
    found = []
    try:
        for record in records_of(iter(blocks), b",", "t.csv"):
            found.append(record)
    except DataError as error:
        found.append(str(error))
    return found


def test_a_table_on_disk_equals_the_one_in_memory_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    table = read_bytes(FILES[0]).table
    tables = []
    for limit in (1 << 30, 2000, 0):
        with GrowingTable(table.schema, limit_bytes=limit) as growing:
            for start in range(0, 100, 17):
                growing.add(table.slice(start, 17))
            tables.append(growing.finish())
    assert all(t.equals(table) for t in tables)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_reading_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    table = read_bytes(FILES[0]).table
    try:
        with GrowingTable(table.schema, limit_bytes=0) as growing:
            growing.add(table)
            assert len(list(tmp_path.iterdir())) == 1
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_above_the_limit_is_mapped_and_reads_the_same(tmp_path, monkeypatch):
    import whet.data.sources.delimited as delimited

    monkeypatch.setattr(delimited, "_PIECE_BYTES", 100)
    monkeypatch.setattr(GrowingTable.__init__, "__kwdefaults__", {"limit_bytes": 500})
    raw = read_bytes(FILES[1])
    assert raw.table.column(0).num_chunks > 10
    assert raw.table.column("id").to_pylist() == [str(i) for i in np.arange(100)]
