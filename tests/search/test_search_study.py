"""The study on disk: nothing that was reported is lost, what was running is taken up, duplicates cost nothing."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import whet.search.methods  # noqa: F401
from whet.errors import ConfigError, MissingExtraError, RunError
from whet.search.dimension import Choice, Real, Whole
from whet.search.method import Setup, methods
from whet.search.space import Space
from whet.search.storage import open_storage, sqlite_url
from whet.search.study import Study
from whet.search.tried import Proposal

SPACE = Space(
    {
        "optimiser.lr": Real(low=1e-4, high=1e-1, log=True),
        "settings.widths": Choice(values=([8, 8], [16, 16])),
        "optimiser.name": Choice(values=("adamw", "sgd")),
        "batch_size": Whole(low=8, high=64, when={"optimiser.name": ("sgd",)}),
    }
)
VALUES = {"optimiser.lr": 0.01, "settings.widths": [16, 16], "optimiser.name": "sgd", "batch_size": 9}


def open_study(folder, owner="me", pruner="none", name="test"):
    return Study(SPACE, sqlite_url(folder / "s.sqlite"), name=name, higher_is_better=True, owner=owner, pruner=pruner)


def test_a_reported_trial_is_read_back_as_it_was(tmp_path):
    study = open_study(tmp_path)
    running = study.begin(Proposal(values=VALUES, fidelity=1 / 3, note={"rung": 1}), "abc")
    running.report(0.5, 0.25)
    running.complete(0.75, seconds=1.5, trial="key")
    (tried,) = open_study(tmp_path).history()
    assert dict(tried.values) == VALUES
    assert (tried.state, tried.score, tried.seconds, tried.digest, tried.trial) == ("complete", 0.75, 1.5, "abc", "key")
    assert (tried.fidelity, dict(tried.note), dict(tried.curve)) == (1 / 3, {"rung": 1}, {25: 0.5})


def test_failures_and_scores_that_are_no_numbers_are_failures_with_a_cause(tmp_path):
    study = open_study(tmp_path)
    study.begin(Proposal(values=VALUES), "a").fail("out of memory", seconds=1.0)
    study.begin(Proposal(values=VALUES), "b").complete(float("nan"), seconds=1.0, trial="")
    assert [(t.state, t.cause) for t in study.history()] == [
        ("failed", "out of memory"),
        ("failed", "the score is nan"),
    ]


def test_what_was_running_is_taken_up_with_its_values_in_its_place(tmp_path):
    study = open_study(tmp_path)
    study.begin(Proposal(values=VALUES, fidelity=0.5, note={"rung": 0}), "a")
    study.begin(Proposal(values={**VALUES, "batch_size": 10}), "b").complete(0.1, seconds=1, trial="")
    resumed = open_study(tmp_path)
    (number,) = resumed.left_running()
    again = resumed.again(number)
    assert (dict(again.proposal.values), again.proposal.fidelity) == (VALUES, 0.5)
    assert [t.digest for t in resumed.history()] == ["a", "b"]
    again.complete(0.9, seconds=1, trial="")
    assert [t.score for t in open_study(tmp_path).history()] == [0.9, 0.1]
    assert open_study(tmp_path).left_running() == []


def test_a_kill_between_the_two_writes_of_taking_up_leaves_one_trial(tmp_path):
    study = open_study(tmp_path)
    study.begin(Proposal(values=VALUES), "a")
    study._fail = lambda number: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        study.again(0)
    resumed = open_study(tmp_path)
    assert len(resumed.left_running()) == 1
    assert len(resumed.history()) == 1


def test_what_another_machine_runs_is_left_alone(tmp_path):
    open_study(tmp_path, owner="other").begin(Proposal(values=VALUES), "a")
    assert open_study(tmp_path, owner="me").left_running() == []
    assert [t.state for t in open_study(tmp_path).history()] == ["running"]


@pytest.mark.parametrize("outcome", ["complete", "pruned", "failed"])
def test_a_duplicate_takes_the_outcome_that_is_known(tmp_path, outcome):
    study = open_study(tmp_path)
    running = study.begin(Proposal(values=VALUES), "a")
    running.report(0.4, 0.5)
    if outcome == "complete":
        running.complete(0.5, seconds=3.0, trial="k")
    elif outcome == "pruned":
        running.prune(seconds=1.0)
    else:
        running.fail("diverged", seconds=1.0)
    study.repeat(Proposal(values=VALUES), "a", study.history()[0])
    first, second = study.history()
    assert second.duplicate_of == first.number
    assert (second.state, second.score, second.cause, second.seconds) == (first.state, first.score, first.cause, 0.0)


def test_the_median_pruner_gives_up_bad_curves_and_no_good_ones(tmp_path):
    study = open_study(tmp_path, pruner="median")
    for i in range(6):
        good = study.begin(Proposal(values={**VALUES, "batch_size": 10 + i}), str(i))
        assert not [f for f in (0.1, 0.5, 1.0) if good.report(0.8 + 0.01 * i, f)] or i >= 5
        good.complete(0.8, seconds=1, trial="")
    bad = study.begin(Proposal(values=VALUES), "bad")
    assert not bad.report(0.1, 0.1)  # too early to tell
    assert bad.report(0.1, 0.5)
    best = study.begin(Proposal(values={**VALUES, "batch_size": 40}), "best")
    assert not best.report(0.99, 0.5)


def test_a_study_of_the_other_direction_is_refused(tmp_path):
    open_study(tmp_path)
    with pytest.raises(RunError, match=r"study 'test' exists and would maximize its score"):
        Study(SPACE, sqlite_url(tmp_path / "s.sqlite"), name="test", higher_is_better=False, owner="me")


@pytest.mark.parametrize(
    ("url", "kind", "message"),
    [
        ("nonsense", ConfigError, r"--storage 'nonsense' is no database URL"),
        ("nosuch://host/db", ConfigError, r"'nosuch://host/db' is no database URL"),
        ("postgresql+psycopg2://me:secret@host/db", MissingExtraError, r"me:\*\*\*@host.*pip install psycopg2-binary"),
        ("sqlite:////no/such/folder/s.sqlite", RunError, r"cannot be used: unable to open database file"),
    ],
)
def test_a_storage_that_cannot_be_used_gives_one_clear_message(url, kind, message):
    with pytest.raises(kind, match=message) as caught:
        open_storage(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "s.sqlite").write_text("not a database, but long enough to look like one " * 20)
    with pytest.raises(RunError, match=r"cannot be used: file is not a database"):
        open_study(tmp_path)


WALK = """
import sys, whet.search.methods
sys.path.insert(0, {here!r})
from pathlib import Path
from test_search_study import SPACE, open_study, walk_on
walk_on(Path({folder!r}), report=True)
"""


def walk_on(folder, *, report=False):
    """A whole random search over cheap scores; says each trial that has been written down."""
    study = open_study(folder)
    setup = Setup(space=SPACE, higher_is_better=True, seed=0, num_trials=25)
    waiting = study.left_running()
    while True:
        if waiting:
            running = study.again(waiting.pop())
        elif (proposal := methods["random"].propose(setup, study.history())) is not None:
            running = study.begin(proposal, "")
        else:
            return study.history()
        running.report(0.1, 0.5)
        running.complete(running.proposal.values["optimiser.lr"], seconds=0.0, trial="")
        if report:
            print(json.dumps([running.number, running.proposal.values["optimiser.lr"]]), flush=True)


@pytest.mark.parametrize("after_lines", [0, 7])
def test_killed_at_any_moment_no_reported_trial_is_lost_and_the_search_ends_as_if_never_stopped(tmp_path, after_lines):
    script = WALK.format(here=os.path.dirname(__file__), folder=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    said = [json.loads(process.stdout.readline()) for _ in range(after_lines)]
    time.sleep(0.03)
    process.send_signal(signal.SIGKILL)
    said += [json.loads(line) for line in process.communicate()[0].splitlines() if line.endswith("]")]
    kept = {t.number: t.score for t in open_study(tmp_path).history()}
    assert all(kept[number] == value for number, value in said)
    resumed = walk_on(tmp_path)
    (tmp_path / "whole").mkdir()
    whole = walk_on(tmp_path / "whole")
    assert [(t.values, t.score) for t in resumed] == [(t.values, t.score) for t in whole]
