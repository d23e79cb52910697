"""A source is read before the loop is imported: once, whole, and with nothing left behind where that fails."""

import pandas as pd
import pytest

import whet
from whet.data.raw import Raw
from whet.data.sources import read
from whet.errors import DataError, RunError
from whet.improving.options import Options
from whet.improving.run import read_first
from whet.training.interrupted import Interrupted

FRAME = pd.DataFrame({"x": range(40), "y": ["a", "b"] * 20})


def test_what_was_read_can_be_read_again_and_is_the_same():
    first = read_first(FRAME, Options(target="y"))
    assert isinstance(first, Raw)
    assert first.target == "y"
    assert read(first, target="x").target == "x"
    assert read(first).table.equals(read(FRAME).table)
    with pytest.raises(DataError, match="no column 'z' to predict"):
        read(first, target="z")


def test_under_a_limit_on_memory_nothing_is_read_outside_of_it():
    assert read_first(FRAME, Options(target="y", memory=2_000_000_000)) is FRAME


def test_stopped_while_reading_there_is_no_run_to_continue(tmp_path, monkeypatch):
    def stop(*args, **kwargs):
        raise Interrupted("Continue with: whet improve --resume RUN")

    monkeypatch.setattr("whet.data.load.read", stop)
    with pytest.raises(Interrupted, match="there is no run yet"):
        whet.improve(FRAME, target="y", out=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", [whet.improve, whet.tune])
def test_a_folder_that_is_taken_is_refused_before_anything_is_read(tmp_path, monkeypatch, verb):
    monkeypatch.setattr("whet.data.load.read", None)
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(RunError, match="not empty"):
        verb(FRAME, target="y", out=tmp_path)
