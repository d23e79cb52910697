"""A block is left when its time is over, wherever it is, and what it left behind is usable."""

import json
import sys
import time
import weakref

import numpy as np
import pytest

import whet
from whet.improving.deadline import OutOfTime, slowness, time_limit


def spin():
    """For ever, whatever ordinary error comes."""
    while True:
        try:
            sorted(range(1000))
        except Exception:
            continue


def test_a_block_that_never_ends_is_left():
    begin = time.monotonic()
    with pytest.raises(OutOfTime), time_limit(0.05):
        spin()
    assert time.monotonic() - begin < 2.0


def test_a_block_that_ends_in_time_is_not_disturbed_and_neither_is_what_follows():
    ended = []
    for number in range(30):
        with time_limit(0.1):
            ended.append(number)
    with time_limit(float("inf")):
        time.sleep(0.01)
        ended.append(30)
    time.sleep(0.2)  # all limits above have passed by now
    ended.append(31)
    assert ended == list(range(32))


def test_time_that_is_over_before_the_block_begins_still_ends_it():
    with pytest.raises(OutOfTime), time_limit(-1.0):
        spin()


def test_ordinary_handlers_do_not_swallow_it():
    with pytest.raises(OutOfTime), time_limit(0.02):
        spin()


class Thing:
    """Something that can be watched while it goes."""


def test_it_is_raised_again_where_a_callback_of_the_collector_swallowed_it(capsys):
    begin, hook, things = time.monotonic(), sys.unraisablehook, [Thing()]

    def slow(_):  # the time is over in the middle of it
        while time.monotonic() < begin + 0.2:
            sum(range(100))

    def block():
        things.clear()
        spin()

    watched = weakref.ref(things[0], slow)
    with pytest.raises(OutOfTime), time_limit(0.05):
        block()
    assert watched() is None
    assert time.monotonic() - begin < 2.0
    assert capsys.readouterr().err == ""
    assert sys.unraisablehook is hook


def test_a_limit_within_another_leaves_to_it_what_is_its_own():
    begin, things = time.monotonic(), [Thing()]

    def slow(_):
        while time.monotonic() < begin + 0.2:
            sum(range(100))

    def block():
        with time_limit(60.0):
            things.clear()  # the outer time is over in here, and this block at once after it
        end = time.monotonic() + 5.0
        while time.monotonic() < end:
            sum(range(100))

    watched = weakref.ref(things[0], slow)
    with pytest.raises(OutOfTime), time_limit(0.05):
        block()
    assert watched() is None
    assert time.monotonic() - begin < 3.0


def test_other_faults_of_callbacks_are_told_as_ever(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)

    def wrong(_):
        raise KeyError("wrong")

    with time_limit(1.0):
        thing = Thing()
        watched = weakref.ref(thing, wrong)
        del thing
    assert watched() is None
    assert [each.exc_type for each in told] == [KeyError]


def test_slowness_is_at_least_one():
    assert 1.0 <= slowness() < 1000.0


def test_a_run_cut_off_while_it_tries_hands_over_what_it_has(table_run, tmp_path, monkeypatch):
    """The time is over in the middle of the default network's training, which would take for ever."""
    from whet.improving import loop
    from whet.improving.session import Session

    def endless(session: Session, *, exploring_s: float) -> None:
        while True:
            time.sleep(0.01)

    monkeypatch.setattr(loop, "run_default", endless)
    _, folder = table_run
    run = whet.improve(folder / "train.csv", target="answer", budget=8, out=tmp_path / "run")
    assert json.loads((run.path / "run.json").read_text())["status"] == "done"
    assert np.isfinite(run.summary["test"]["score"])
    assert len(run.model.predict(folder / "fresh.csv")) == 80
    assert all(row["verdict"] for row in run.rows)


def test_a_run_without_time_to_weigh_faster_models_still_hands_over_a_whole_result(table_run, tmp_path, monkeypatch):
    from whet.improving import selecting

    def too_late(*_: object) -> None:
        raise OutOfTime

    monkeypatch.setattr(selecting, "_beside", too_late)
    _, folder = table_run
    run = whet.improve(folder / "train.csv", target="answer", epochs=1, budget=None, out=tmp_path / "run")
    assert run.summary["costs"] is None
    assert np.isfinite(run.summary["test"]["score"])
    assert run.report.is_file()
