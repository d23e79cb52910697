"""Whatever is done to a small sound file of any form: a WhetError, or every row kept or reported."""

import gzip
import io
import json
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from whet.data.load import load
from whet.data.sources import read
from whet.errors import WhetError

NUM = 60


def text_of(separator):
    rows = [separator.join((f"{i / 7:.3f}", f"word{i % 5} é", "ab"[i % 2])) for i in range(NUM)]
    return "\n".join([separator.join(("value", "word", "label")), *rows]) + "\n"


def npz():
    buffer = io.BytesIO()
    np.savez(buffer, x=np.random.default_rng(0).normal(size=(NUM, 3)), y=np.arange(NUM) % 2)
    return buffer.getvalue()


JSONL = "".join(json.dumps({"value": i / 7, "word": f"w{i % 5} é", "label": "ab"[i % 2]}) + "\n" for i in range(NUM))
UCR = "".join(f"{i % 2}\t{i / 7:.3f}\t{i / 3:.2f}\t{-i}\n" for i in range(NUM))
TS = "@univariate true\n@classLabel true a b\n@data\n" + "".join(f"{i},{i + 1},2:{'ab'[i % 2]}\n" for i in range(NUM))
FILES = {
    ".csv": text_of(",").encode(),
    ".tsv": text_of("\t").encode(),
    ".jsonl": JSONL.encode(),
    ".json": json.dumps([json.loads(line) for line in JSONL.splitlines()], indent=1).encode(),
    ".npz": npz(),
    ".ts": TS.encode(),
    "ucr.tsv": UCR.encode(),
    ".csv.gz": gzip.compress(text_of(",").encode(), mtime=0),
}
LINE_BASED = (".csv", ".jsonl")  # where the number of rows can be counted without Whet

pieces = st.one_of(
    st.sampled_from(
        [b"\0", b"\n", b"\r", b'"', b",", b"\t", b"\xff", b"\xe2\x80", b"{", b"[", b"\\u", b"NaN", b"1e999", b":"]
    ),
    st.binary(max_size=8),
)
steps = st.lists(
    st.tuples(st.sampled_from(["flip", "insert", "delete", "cut"]), st.floats(0, 1, exclude_max=True), pieces),
    max_size=4,
)
encodings = st.sampled_from([None, None, None, "utf-16", "utf-16-le", "utf-8-sig", "cp1252", "utf-32"])


def mutate(content, steps, encoding):
    if encoding is not None:
        try:
            content = content.decode("utf-8").encode(encoding)
        except UnicodeDecodeError:
            return content
    for kind, position, piece in steps:
        at = int(position * len(content))
        if kind == "flip":
            content = content[:at] + bytes(b ^ (1 + at % 255) for b in content[at : at + 1]) + content[at + 1 :]
        elif kind == "insert":
            content = content[:at] + piece + content[at:]
        elif kind == "delete":
            content = content[:at] + content[at + 1 + len(piece) :]
        else:
            content = content[: max(at, len(content) // 3)]
    return content


def account(raw):
    """Kept and reported rows, each source number once and none missing."""
    reported = [p.row for p in raw.problems if not p.kept]
    numbers = sorted([*raw.row_numbers.tolist(), *reported])
    assert numbers == list(range(len(numbers)))
    assert raw.table.num_rows == len(raw.row_numbers)
    assert all(len(array) == raw.num_rows for array in raw.arrays.values())
    return len(numbers)


def lines_in(content, ending):
    """How many rows there are by counting lines; None where a quote or another encoding leaves it open."""
    if b'"' in content and ending == ".csv":
        return None
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    # blank lines are no rows; white space alone is a cell in CSV, but no JSON
    lines = content.removeprefix(b"\xef\xbb\xbf").splitlines()
    return sum(bool(x) for x in lines) - 1 if ending == ".csv" else sum(bool(x.strip()) for x in lines)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(name=st.sampled_from(list(FILES)), steps=steps, encoding=encodings)
def test_a_damaged_file_raises_a_whet_error_or_keeps_or_reports_every_row(name, steps, encoding):
    content = mutate(FILES[name], steps, encoding)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        path = Path(folder, "t" + name)
        path.write_bytes(content)
        try:
            raw = read(path)
        except WhetError:
            event("refused by read")
            return
        num_rows = account(raw)
        counted = lines_in(content, name) if name in LINE_BASED else None
        assert counted is None or counted == num_rows or content.lstrip().startswith(b"[")
        try:
            data = load(path, target=raw.target or "label")
        except WhetError:
            event("refused by load")
            return
        event("loaded")
        reported = [p.row for p in data.problems if not p.kept]
        assert sorted([*data.rows.tolist(), *reported]) == list(range(num_rows))


@pytest.mark.parametrize("name", FILES)
def test_the_undamaged_files_keep_every_row(tmp_path, name):
    (tmp_path / ("t" + name)).write_bytes(FILES[name])
    raw = read(tmp_path / ("t" + name))
    assert (raw.num_rows, account(raw)) == (NUM, NUM)
