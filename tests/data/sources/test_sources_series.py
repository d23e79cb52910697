import re

import numpy as np
import pytest

from whet.data.sources import read
from whet.errors import DataError

HEADER = "# about\n@problemName x\n@timeStamps false\n@univariate false\n@classLabel true up down\n@data\n"
ROWS = [f"{i},2,3:4,5,6:{'up' if i % 2 else 'down'}" for i in range(40)]


def write(folder, text, name="x.ts"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_dimensions_and_classes_are_read(tmp_path):
    raw = read(write(tmp_path, HEADER + "\n".join(ROWS)))
    assert raw.arrays["series"].shape == (40, 2, 3)
    assert raw.arrays["series"].dtype == np.float32
    assert raw.arrays["series"][7].tolist() == [[7, 2, 3], [4, 5, 6]]
    assert raw.target == "label"
    assert raw.table.column("label").to_pylist()[:2] == ["down", "up"]


def test_unequal_lengths_and_missing_values_become_nan(tmp_path):
    raw = read(write(tmp_path, HEADER + "1,?,3:4:up\n1,2:NaN,5,6,7:?\n"))
    nan = np.nan
    expected = [[[1, nan, 3, nan], [4, nan, nan, nan]], [[1, 2, nan, nan], [nan, 5, 6, 7]]]
    np.testing.assert_array_equal(raw.arrays["series"], np.array(expected, np.float32))
    assert raw.table.column("label").to_pylist() == ["up", None]


def test_without_class_labels_only_the_series_are_there(tmp_path):
    raw = read(write(tmp_path, HEADER.replace("true up down", "false") + "1,2:3,4\n5,6:7,8\n"))
    assert raw.arrays["series"].shape == (2, 2, 2)
    assert raw.target is None
    assert raw.table.column_names == []
    assert raw.num_rows == 2


def test_numbers_as_targets_are_read(tmp_path):
    raw = read(write(tmp_path, "@univariate true\n@targetlabel true\n@data\n1,2,3:0.5\n"))
    assert raw.table.to_pydict() == {"label": ["0.5"]}


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("1,2,3:up", r"expected 2 dimension\(s\), found 1"),
        ("1,x,3:4,5,6:up", "value 2 is 'x', not a number"),
        ("1,2,3:4,5,6:upp", "label 'upp' is not among the declared classes. Did you mean 'up'"),
        ("1,1e99,3:4,5,6:up", "value 2 is '1e99', which is not finite"),
        ("::up", "the series is empty"),
    ],
)
def test_a_damaged_row_is_reported_with_its_line(tmp_path, row, what):
    raw = read(write(tmp_path, HEADER + "\n".join([*ROWS[:8], row, *ROWS[9:]])))
    (problem,) = raw.problems
    assert problem.where == "x.ts line 15"
    assert problem.row == 8
    assert raw.rows.tolist() == [*range(8), *range(9, 40)]
    assert len(raw.arrays["series"]) == raw.num_rows == 39
    assert re.search(what, problem.what)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@univariate true\n1,2,3\n", "expected '@key value' or '@data'"),
        ("@univariate true\n", "no '@data' line"),
        ("@timeStamps true\n@data\n", "time stamps"),
        ("@univariate maybe\n@data\n", "must be followed by true or false; got 'maybe'"),
        ("@dimensions none\n@data\n", "whole number"),
        (HEADER, "holds no examples"),
        (HEADER + "a\nb\n", "2 of 2 rows cannot be used"),
    ],
)
def test_a_file_that_is_no_series_file_is_refused(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path, text))


def test_a_tsv_of_numbers_without_header_is_a_ucr_file(tmp_path):
    raw = read(write(tmp_path, "1\t0.5\t1\n-1\t2\tNaN\n", "x.tsv"))
    np.testing.assert_array_equal(raw.arrays["series"], np.array([[[0.5, 1]], [[2, np.nan]]], np.float32))
    assert raw.table.to_pydict() == {"label": ["1", "-1"]}
    assert raw.target == "label"


def test_a_damaged_row_of_a_ucr_tsv_is_reported(tmp_path):
    rows = [f"1\t{i}\t2\t3" for i in range(40)]
    rows[3], rows[5] = "one\t1\t2\t3", "1\tx\t2\t3"
    raw = read(write(tmp_path, "\n".join(rows), "x.tsv"))
    assert [p.where for p in raw.problems] == ["x.tsv line 4", "x.tsv line 6"]
    assert raw.num_rows == 38
