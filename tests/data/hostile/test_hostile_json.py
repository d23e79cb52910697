"""JSON made to fill memory or to take forever: refused with a sentence, or its rows are reported."""

import json
import time

import pytest

import whet.data.sources.json_array as json_array
from whet.data.sources import read
from whet.errors import DataError

SOUND = '{"a": 1}\n' * 40


def write(folder, text, name="t.jsonl"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"a": ' + "9" * 10_000 + "}", "thousands of digits"),
        ("{" + ", ".join(f'"k{i}": 1, "k{i}": 2' for i in range(20_000)) + "}", "occur twice"),
        ("3", "expected an object"),
        ("null", "expected an object"),
    ],
    ids=["deep", "digits", "twice", "number", "null"],
)
def test_a_hostile_line_is_reported_within_a_second(tmp_path, line, what):
    begin = time.process_time()
    raw = read(write(tmp_path, SOUND + line))
    assert time.process_time() - begin < 2
    (problem,) = (p for p in raw.problems if not p.kept)
    assert raw.num_rows == 40
    assert what in problem.what
    assert len(problem.what) < 500


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps({f"c{i}": 1 for i in range(100_000)}), "100,000 columns are more than the 20,000 allowed"),
        ("".join(f'{{"c{i}": 1}}\n' for i in range(15_000)), "nearly empty and fill memory"),
        ("{}\n" * 40, "40 objects, all without a key"),
        ('{"": 1}\n' * 40, "without a name"),
        (('{"a": ' + "[" * 200 + "1" + "]" * 200 + "}\n") * 40, "not of numbers"),
        (('{"a": ' * 300 + "1" + "}" * 300 + "\n") * 40, "neither a plain value"),
    ],
    ids=["wide", "sparse", "no keys", "no name", "deep lists", "deep objects"],
)
def test_objects_that_make_no_table_are_refused_in_one_short_sentence(tmp_path, text, message):
    with pytest.raises(DataError, match=message) as caught:
        read(write(tmp_path, text))
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 200_000, "item 1 is no JSON: it is nested too deeply"),
        ('[{"a": 1}, {"a": 2, "a": 3}]', "item 2 is no JSON: the keys"),
        ('[{"a": 1}\n {"a": 2}]', r"line 2: is no JSON: ',' or '\]' expected"),
        ('[{"a": 1}, ', "line 1: is no JSON"),
        ('[{"a": 1}] []', "extra data"),
        ('[{"a": 1},]', "is no JSON"),
        ('[{"a": "\\ud800"}]', "item 1 is no JSON"),
        ("[1, 2]", "expected an object"),
    ],
)
def test_a_broken_array_says_where(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path, text, "t.json"))


def test_an_array_reads_like_the_json_module_whatever_its_white_space(tmp_path):
    rows = [{"a": i, "t": "] , [", "n": [1.5, 2.5]} for i in range(50)]
    for indent in (None, 0, 4):
        raw = read(write(tmp_path, " " + json.dumps(rows, indent=indent) + "\n", "t.json"))
        assert raw.table.to_pylist() == [{"a": r["a"], "t": r["t"]} for r in rows]
        assert raw.arrays["n"].shape == (50, 1, 2)


def test_an_array_beyond_the_limit_is_told_to_become_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(json_array, "MAX_ARRAY_BYTES", 1 << 20)
    with pytest.raises(DataError, match=r"array of more than 1 MB is not read.*JSON lines"):
        read(write(tmp_path, "[" + "1, " * (1 << 20) + "1]", "t.json"))


def test_nan_and_infinity_stay_in_their_rows(tmp_path):
    raw = read(write(tmp_path, '{"a": 1.5}\n' * 40 + '{"a": NaN}\n{"a": Infinity}\n{"a": 1e999}\n'))
    assert raw.num_rows == 43
