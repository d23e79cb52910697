"""Trials side by side: the same trials as one after the other, given up and failed ones included, and nothing left."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import whet
from whet.engine.handle import Handle
from whet.improving.arena import Arena
from whet.improving.observer import Observer
from whet.recipe import Length, Recipe
from whet.search.dimension import Real
from whet.search.method import Setup, methods
from whet.search.space import Space
from whet.search.study import Running
from whet.search.tried import Tried
from whet.training.interrupted import Interrupted
from whet.tuning import delivering
from whet.tuning.pace import Pace
from whet.tuning.plan import TuningPlan, plan_by_time


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """No plots, and a network of a few neurons, which workers know as well."""
    from whet.tasks.table_classification import TableClassification

    monkeypatch.setattr(delivering, "write_tuning", lambda data, path: None)
    start = Recipe(
        architecture="mlp",
        settings={"width": 8, "depth": 1},
        encoding={"crosses": 0},
        length=Length(epochs=1.0),
        batch_size=32,
    )
    monkeypatch.setattr(TableClassification, "default", lambda self, facts: start)


def table(num=100):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=num), rng.normal(size=num)
    return pd.DataFrame({"a": a, "b": b, "answer": np.where(a + 0.3 * rng.normal(size=num) > 0, "yes", "no")})


def tune(out, **settings):
    given = {"epochs": 1, "budget": None, "seeds": 1, "pruner": "none", **settings}
    return whet.tune(table(), target="answer", out=out, **given)


def outcomes(run, *names):
    """{values: what came out}, whatever the order."""
    trials = json.loads((run.path / "report.json").read_text())["trials"]
    return {json.dumps(t["values"], sort_keys=True): tuple(t[name] for name in names) for t in trials}


def children():
    """Processes that this one started and that still run."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


class StopsSoon(Observer):
    """Asks the run to stop when the second of its trials begins."""

    def __init__(self):
        self.num_begun = 0

    def doing(self, what):
        self.num_begun += what.startswith("trial")

    def is_asked(self):
        return self.num_begun >= 2


def test_random_search_side_by_side_stopped_and_resumed_finds_what_one_after_the_other_finds(tmp_path):
    space = {
        "optimiser.lr": {"values": [1e-3, 3e-2]},
        "augment": {"values": [[], [{"name": "feature_noise"}], ["feature_noise"]]},  # the last two are one recipe
    }
    settings = {"method": "random", "trials": 6, "space": space}
    one = tune(tmp_path / "one", **settings)
    observer, before = StopsSoon(), children()
    with pytest.raises(Interrupted):
        tune(tmp_path / "two", workers=2, observer=observer, should_stop=observer.is_asked, **settings)
    assert children() == before
    two = whet.resume(tmp_path / "two", source=table())
    assert children() == before
    assert not (two.path / "workers").exists()
    assert outcomes(two, "score", "state", "is_duplicate").keys() == outcomes(one, "score").keys()
    assert outcomes(two, "score", "state") == outcomes(one, "score", "state")
    assert two.summary["tuning"]["duplicates"] == one.summary["tuning"]["duplicates"] >= 2
    assert two.summary["test"] == one.summary["test"]


def test_a_worker_that_dies_fails_one_trial_and_a_hopeless_curve_is_given_up_where_it_is_trained(tmp_path, monkeypatch):
    def say(self, message, original=Handle.say):
        said = original(self, message)
        if message.get("follow") and message["recipe"]["length"]["epochs"] == 3 and self.number < 2:
            os.kill(self.process.pid, signal.SIGKILL)
        return said

    def report(self, score, fraction, original=Running.report):
        original(self, score, fraction)
        return self.proposal.values["length.epochs"] == 2_000

    monkeypatch.setattr(Handle, "say", say)
    monkeypatch.setattr(Running, "report", report)
    settings = {"method": "grid", "space": {"length.epochs": {"values": [2, 3, 2_000, 4]}}}
    one, two = (tune(tmp_path / str(workers), workers=workers, **settings) for workers in (1, 2))
    alone, beside = outcomes(one, "state", "score"), outcomes(two, "state", "score")
    assert beside.pop('{"length.epochs": 3}') == ("failed", None)
    assert alone.pop('{"length.epochs": 3}')[0] == "complete"
    assert alone == beside
    assert beside['{"length.epochs": 2000}'] == ("pruned", None)
    ((curve, seconds),) = [v for k, v in outcomes(two, "curve", "seconds").items() if "2000" in k]
    assert 0 < curve[0][0] < 100
    assert seconds < 60
    assert any("signal 9" in cause for (cause,) in outcomes(two, "cause").values())
    assert two.summary["status"] == "done"
    assert two.summary["test"]["opened"] == 1


SETUP = Setup(space=Space({"optimiser.lr": Real(low=0.1, high=1)}), higher_is_better=True, seed=0)


def tried(setup, method, *, num, running=()):
    """The history after ``num`` proposals, of which some have no outcome yet."""
    history = []
    for number in range(num):
        proposal = methods[method].propose(setup, history)
        state = "running" if number in running else "complete"
        score = None if number in running else float(np.sin(number))
        history.append(
            Tried(number=number, values=proposal.values, fidelity=proposal.fidelity, note=proposal.note, digest="",
                  state=state, score=score)
        )  # fmt: skip
    return history


def test_ranks_wait_for_the_trials_of_their_rung_that_run_here():
    setup = replace(SETUP, num_trials=9)
    history = tried(setup, "halving", num=9, running={8})
    assert methods["halving"].propose(replace(setup, running=frozenset({8})), history) is None
    assert methods["halving"].propose(setup, history).note["rung"] == 1  # what runs elsewhere may never end


def test_hyperband_begins_the_next_bracket_meanwhile():
    history = tried(SETUP, "hyperband", num=9, running={8})
    waiting = methods["hyperband"].propose(replace(SETUP, running=frozenset({8})), history)
    assert waiting.note == {"bracket": 1, "rung": 0}
    assert methods["hyperband"].propose(SETUP, history).note == {"bracket": 0, "rung": 1}


@pytest.mark.parametrize("sampler", ["tpe", "gp"])
def test_bayesian_optimisation_looks_away_from_what_is_being_trained(sampler):
    setup = replace(SETUP, sampler=sampler)
    history = tried(setup, "random", num=11)
    wanted = methods["bayesian"].propose(setup, history).values["optimiser.lr"]
    twins = [
        replace(history[0], number=number, state="running", score=None, values={"optimiser.lr": wanted - number * 1e-5})
        for number in range(11, 16)
    ]
    elsewhere = methods["bayesian"].propose(setup, [*history, *twins])
    failed = methods["bayesian"].propose(setup, [*history, *(replace(twin, state="failed") for twin in twins)])
    running = frozenset(twin.number for twin in twins)
    here = methods["bayesian"].propose(replace(setup, running=running), [*history, *twins])
    assert elsewhere.values == failed.values  # neither says anything about scores
    assert here.values != elsewhere.values


ARENA = Arena(name="valid", evaluated=np.arange(5), truth=np.arange(5), clusters=np.arange(5),
              parts_of=lambda r: [], num_parts=1, num_train=1000)  # fmt: skip
FOLDS = replace(ARENA, name="out-of-fold-5", num_parts=5)


def plan(method, *, num_workers, epoch_s=0.02):
    pace = Pace(fixed_s=0.1, epoch_s=epoch_s, num_examples=1000)
    recipe = Recipe(architecture="mlp", length=Length(epochs=20.0))
    return plan_by_time(methods[method], SETUP, recipe, [FOLDS, ARENA], pace, left_s=540.0, finish_s=25.0, seeds=3,
                        num_workers=num_workers)  # fmt: skip


@pytest.mark.parametrize("num_workers", [1, 2, 4])
@pytest.mark.parametrize("epoch_s", [0.001, 0.1, 1.0, 30.0])
def test_what_runs_side_by_side_fits_into_the_time(num_workers, epoch_s):
    arena, made = plan("halving", num_workers=num_workers, epoch_s=epoch_s)
    rung_s = [-(-size // num_workers) * 3.0 ** (rung - 2) for rung, size in
              enumerate((made.num_trials, made.num_trials // 3, made.num_trials // 9))]  # fmt: skip
    start_s = made.together(1) * made.trial_s
    if made.num_trials >= 9:
        assert sum(rung_s) * made.trial_s <= 540.0 - 25.0 - start_s - made.comparing_s(has_winner=True)
    assert (made.num_workers, made.num_parts) == (num_workers, arena.num_parts)


def test_two_workers_make_room_for_about_twice_the_trials():
    (_, one), (_, two) = (plan("halving", num_workers=n) for n in (1, 2))
    assert two.trial_s == one.trial_s
    assert 1.6 * one.num_trials < two.num_trials < 2.4 * one.num_trials


def test_the_comparison_takes_half_the_time_with_two_workers():
    one = TuningPlan(length=Length(), trial_s=2.0, num_trials=9, finish_s=1.0, seeds=3)
    two = replace(one, num_workers=2)
    assert two.comparing_s(has_winner=True) == one.comparing_s(has_winner=True) / 2
    assert replace(two, num_parts=5).together(3) == 1.6
