import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.spreadsheet import safe_cell, to_csv

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\0")
ATTACKS = [
    "=1+1",
    "@SUM(A1)",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "\t=1",
    "\r=1",
    "\0=1",
    '=HYPERLINK("http://x","y")',
    "--1",
    "+",
    "-",
]
NUMBERS = ["-5", "+1.5", "-1e-7", "+.5", "-2.", "0", "7"]


@pytest.mark.parametrize("text", ATTACKS)
def test_a_formula_becomes_a_text(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("text", [*NUMBERS, "plain", "a=b", " =1", "", "é", "'=1"])
def test_numbers_and_plain_texts_stay_as_they_are(text):
    assert safe_cell(text) == text


cells = st.one_of(st.sampled_from(ATTACKS + NUMBERS), st.text(max_size=12))


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(text=cells)
def test_no_safe_cell_starts_a_formula_and_safe_cells_stay_as_they_are(text):
    safe = safe_cell(text)
    assert safe in (text, "'" + text)
    assert safe_cell(safe) == safe
    if safe.startswith(DANGEROUS):
        float(safe)


def is_readable(text):
    # csv itself cannot give back a NUL or half a surrogate pair; an empty cell means a missing value
    return text != "" and "\0" not in text and text.isprintable()


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    texts=st.lists(cells.filter(is_readable), min_size=1, max_size=5),
    numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=5, max_size=5),
)
def test_a_written_table_reads_back_with_numbers_untouched_and_texts_safe(texts, numbers):
    frame = pd.DataFrame({"=name": texts, "n": np.array(numbers[: len(texts)])})
    header, *rows = csv.reader(io.StringIO(to_csv(frame), newline=""))
    assert header == ["'=name", "n"]
    assert [row[0] for row in rows] == [safe_cell(text) for text in texts]
    assert [float(row[1]) for row in rows] == numbers[: len(texts)]


def test_the_frame_itself_its_numbers_and_its_gaps_are_left_alone():
    frame = pd.DataFrame({"a": ["=1", None], "b": [-1.5, np.nan], "c": [True, False], "d": pd.Categorical(["@x", "y"])})
    before = frame.copy()
    assert to_csv(frame) == "a,b,c,d\n'=1,-1.5,True,'@x\n,,False,y\n"
    pd.testing.assert_frame_equal(frame, before)


def test_a_harmless_frame_is_written_as_pandas_writes_it():
    frame = pd.DataFrame({"row": [0, 1], "prediction": ["a", "b,c"], "p(a)": [0.25, 1e-9]})
    assert to_csv(frame) == frame.to_csv(index=False)
