"""Text files made to fill memory, to take forever or to lose rows: refused with a sentence, or read."""

import gzip
import os
import time
import tracemalloc

import pytest

import whet.data.sources.byte_stream as byte_stream
import whet.data.sources.records as records
from whet.data.sources import read
from whet.data.sources.byte_stream import lines_of
from whet.data.sources.limits import MAX_COLUMNS
from whet.data.sources.records import Record, records_of
from whet.data.sources.row_check import RowCheck
from whet.data.sources.tally import Tally
from whet.errors import DataError

MB = 1 << 20


def write(folder, content, name="t.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def bomb(path, head, filling, size):
    with gzip.open(path, "wb") as packed:
        packed.write(head)
        block = filling * (MB // len(filling))
        for _ in range(size // MB):
            packed.write(block)
    return path


def refused_quickly(path, message, *, seconds=2.0, most_bytes=200 * MB):
    tracemalloc.start()
    begin = time.process_time()
    try:
        with pytest.raises(DataError, match=message):
            read(path)
        assert time.process_time() - begin < seconds
        assert tracemalloc.get_traced_memory()[1] < most_bytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "head", "filling"),
    [
        ("rows.csv.gz", b"a,b\n", b"1,2\n"),
        ("blank.csv.gz", b"a,b\n", b"\n"),
        ("line.csv.gz", b"a,b\n", b"0"),
        ("rows.tsv.gz", b"a\tb\n", b"1\t2\n"),
        ("rows.jsonl.gz", b'{"a":1}\n', b'{"a":1}\n'),
        ("array.jsonl.gz", b"[", b"1,"),
    ],
)
def test_a_gzip_bomb_is_refused_before_a_row_is_read(tmp_path, name, head, filling):
    path = bomb(tmp_path / name, head, filling, 64 * MB)
    assert path.stat().st_size < MB
    refused_quickly(path, rf"{name}: 1 MB in the file grow to more than \d+ MB.*unpack it yourself")


def test_a_bomb_behind_sound_rows_is_refused_too(tmp_path):
    sound = os.urandom(9 * MB).hex().encode()
    rows = b"a\n" + b"\n".join(sound[i : i + 1000] for i in range(0, len(sound), 1000)) + b"\n"
    path = bomb(tmp_path / "late.csv.gz", rows, b"x" * 1023 + b"\n", 64 * MB)
    assert path.stat().st_size > 8 * MB  # the ratio over the whole file is harmless
    with pytest.raises(DataError, match="grow to more than"):
        read(path)


def test_rows_that_repeat_may_be_packed_tightly(tmp_path):
    rows = b"a,b\n" + b"1,2\n" * 200_000
    path = write(tmp_path, gzip.compress(rows), "t.csv.gz")
    assert len(rows) > 200 * path.stat().st_size
    assert read(path).num_rows == 200_000


def test_too_many_columns_are_refused_with_their_number_and_the_limit(tmp_path):
    header = ",".join(f"c{i}" for i in range(100_000))
    refused_quickly(write(tmp_path, header + "\n" + header), "100,000 columns are more than the 20,000 allowed")
    wide = ",".join(f"c{i}" for i in range(MAX_COLUMNS))
    assert read(write(tmp_path, f"{wide}\n{wide}\n", "wide.csv")).table.num_columns == MAX_COLUMNS


def test_a_line_without_end_is_refused_at_the_limit(monkeypatch):
    monkeypatch.setattr(byte_stream, "MAX_LINE_BYTES", 8 * MB)
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield b"x" * MB

    with pytest.raises(DataError, match=r"endless\.csv line 1 is longer than 8 MB"):
        list(lines_of(endless(), "endless.csv"))
    assert len(taken) <= 10


def test_an_unclosed_quote_takes_no_more_memory_than_a_line_may(monkeypatch):
    monkeypatch.setattr(records, "MAX_LINE_BYTES", 8 * MB)

    def endless():
        yield b'a,b\n1,"'
        while True:
            yield b"x\n" * 1000

    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"opens a cell on line 2 is never closed within 8 MB"):
            list(records_of(endless(), b",", "t.csv"))
        assert tracemalloc.get_traced_memory()[1] < 64 * MB
    finally:
        tracemalloc.stop()


def test_stray_quotes_on_every_line_take_time_in_proportion():
    # each line opens a quote whether or not one is open already; the last one gives all of them away
    lines = b'a","\n' * 30_000 + b'b"c\n' + b"1,2\n" * 10
    begin = time.process_time()
    found = list(records_of(iter([b"a,b\n" + lines]), b",", "t.csv"))
    assert time.process_time() - begin < 5
    assert len(found) == 30_012
    assert sum(r.is_malformed for r in found) == 30_000


def test_blank_lines_cost_no_memory():
    tally = Tally("t.csv")
    check = RowCheck(tally, num_cells=1)
    tracemalloc.start()
    try:
        for line in range(2, 50_002):
            check.sound_text(Record(line, b"", 1))
        assert tracemalloc.get_traced_memory()[1] < 10_000
    finally:
        tracemalloc.stop()
    assert check.sound_text(Record(50_002, b"x", 1)) == b"x"
    check.close()
    (problem,) = tally.close()[0]
    assert (problem.where, problem.what[:20]) == ("t.csv line 2", "50,000 blank line(s)")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\xff\xfe", "is empty"),
        (b"\r\r\r", "is empty"),
        (b"a,b", "holds no examples"),
        (b",,\n,,\n", "columns 1, 2, 3 of 3 without a name"),
        (b"\0" * 10_000, "header is damaged"),
        ("a,b\n1,2\n".encode("utf-16-le"), "looks like UTF-16 without a byte-order mark"),
        ("a,b\n1,2\n".encode("utf-16-be"), "looks like UTF-16 without a byte-order mark"),
        ("a,b\n1,2\n".encode("utf-32"), "header"),
        (b"\xff\xfe" + "a,b\n1,".encode("utf-16-le") + b"\x00\xd8", "is no UTF-16"),
        (b'a,b\n1,"2\n', "line 2 is never closed"),
        (b"PK\x03\x04" + os.urandom(500), "t.csv"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path, content))


def test_rows_of_separators_only_and_mixed_encodings_and_line_ends_are_kept(tmp_path):
    content = b"a,b\r" + b",\n" + "é,1\r\n".encode() + "ü,2\r".encode("cp1252") + b"\x1c,\x0b\n" * 40
    raw = read(write(tmp_path, content))
    assert raw.table.column("a").to_pylist()[:4] == [None, "é", "ü", "\x1c"]
    assert raw.num_rows == 43


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_pipes_devices_and_dead_links_never_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    (tmp_path / "dead.csv").symlink_to("dead.csv")
    for name, message in {"pipe": "pipe, which may never end", "zero": "a device", "dead": "leads nowhere"}.items():
        refused_quickly(tmp_path / f"{name}.csv", message)
