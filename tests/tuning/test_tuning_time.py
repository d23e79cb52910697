"""A tuning under a budget: what happens when the time runs out in the middle of a plan."""

import json

import pytest
from test_tuning_runs import _small, table  # noqa: F401  (the fixture registers the small network)

import whet
from whet.recipe import Length
from whet.tuning import delivering
from whet.tuning.plan import TuningPlan
from whet.tuning.session import TuningSession


@pytest.fixture(autouse=True)
def _no_pages(monkeypatch):
    monkeypatch.setattr(delivering, "write_tuning", lambda data, path: None)


def test_a_search_by_rank_whose_time_runs_out_trains_its_best_in_full(tmp_path, monkeypatch):
    """The machine turns slow: after six short trainings there is room for one full one and no more."""
    asked = []

    def fits(self, *fidelities, keep_s):
        asked.append(fidelities)
        short = sum(t.fidelity < 1.0 for t in self.study.history())
        full = sum(t.fidelity == 1.0 for t in self.study.history())
        return full == 0 and (short < 6 or fidelities == (1.0,))

    monkeypatch.setattr(TuningSession, "fits", fits)
    space = {"optimiser.lr": {"low": 1e-4, "high": 1e-1, "log": True}}
    run = whet.tune(table(), target="answer", method="halving", trials=9, space=space, epochs=3, budget=None,
                    seeds=1, out=tmp_path / "run")  # fmt: skip
    trials = json.loads((run.path / "report.json").read_text())["trials"]
    assert [t["fidelity"] for t in trials] == [pytest.approx(1 / 9)] * 6 + [1.0]
    best = max(trials[:6], key=lambda t: t["score"])
    assert trials[-1]["values"] == best["values"]


def test_short_trainings_keep_what_every_training_costs_first():
    plan = TuningPlan(length=Length(seconds=2.0), trial_s=10.0, num_trials=9, finish_s=1.0, seeds=3, fixed_s=0.4)
    assert plan.cost_s(1.0, 5) == 10.0
    assert plan.cost_s(0.1, 5) == pytest.approx(2.0 + 0.8)
    assert plan.comparing_s(has_winner=False) < plan.comparing_s(has_winner=True)


def test_a_budget_is_kept(tmp_path):
    run = whet.tune(table(400), target="answer", method="random", budget="9s", out=tmp_path / "run",
                    space={"optimiser.lr": {"low": 1e-3, "high": 1e-1, "log": True}})  # fmt: skip
    assert run.summary["tuning"]["trials"] >= 1
    assert run.summary["test"]["opened"] == 1
    data = json.loads((run.path / "report.json").read_text())
    assert sum(t["seconds"] for t in data["trials"]) < 9
