"""Series files whose padding or whose declared classes would fill memory or time."""

import time

import pytest

from whet.data.sources import read
from whet.errors import DataError

HEAD = "@univariate true\n@classLabel true a b\n@data\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.ts", HEAD + "1,2:a\n" * 30_000 + ",".join(["1"] * 100_000) + ":b\n"),
        ("t.tsv", "1\t2\t3\n" * 30_000 + "\t".join(["1"] * 100_000) + "\n"),
    ],
)
def test_one_long_series_among_short_ones_does_not_fill_memory(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=r"longest series has (100,000|99,999) values.*Cut the long ones"):
        read(tmp_path / name)


@pytest.mark.parametrize("count", ["9" * 5000, "99999999999", "0", "\u00b2", "20001", "-1", ""])
def test_a_number_of_dimensions_out_of_range_is_refused(tmp_path, count):
    (tmp_path / "t.ts").write_text(f"@dimensions {count}\n@classLabel true a b\n@data\n1:a\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"line 1: @dimensions must be followed by a whole number from 1 to 20000"):
        read(tmp_path / "t.ts")


def test_many_declared_classes_are_looked_up_quickly(tmp_path):
    labels = " ".join(f"l{i}" for i in range(50_000))
    rows = "".join(f"1,2:l{i}\n" for i in range(0, 50_000, 2)) + "1,2:no_such\n" * 100
    (tmp_path / "t.ts").write_text(f"@univariate true\n@classLabel true {labels}\n@data\n{rows}")
    begin = time.process_time()
    raw = read(tmp_path / "t.ts")
    assert time.process_time() - begin < 5
    assert (raw.num_rows, len(raw.problems)) == (25_000, 100)


def test_a_row_of_endless_dimensions_is_reported(tmp_path):
    text = "@classLabel true a b\n@data\n" + "1:a\n" * 40 + "1:" * 20_001 + "a\n"
    (tmp_path / "t.ts").write_text(text)
    (problem,) = read(tmp_path / "t.ts").problems
    assert "dimensions" in problem.what
