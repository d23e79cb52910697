"""A tuning as a whole: deterministic, resumable at any trial, honest about its winner, and within its time."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from torch import nn

import whet
from whet.data.kinds import Modality
from whet.errors import ConfigError, RunError
from whet.finding import Finding
from whet.improving.arena import Arena
from whet.models.architecture import Architecture, architectures
from whet.recipe import Length, Optimiser, Recipe
from whet.search.dimension import Choice, Real
from whet.search.method import Setup, methods
from whet.search.space import Space
from whet.training.interrupted import Interrupted
from whet.tuning import delivering, diagnosing
from whet.tuning.options import TuningOptions
from whet.tuning.pace import Pace
from whet.tuning.plan import plan_by_time

SPACE = {
    "optimiser.lr": {"low": 1e-4, "high": 1e-1, "log": True},
    "settings.width": {"values": [4, 8, 16]},
    "regularisation.label_smoothing": {"low": 0.0, "high": 0.1},
}


class Small(Architecture):
    """One hidden layer over the numbers; a width of 13 breaks."""

    modality = Modality.TABLE
    parts = ("numbers",)

    def __init__(self, spec, num_outputs, *, width=8):
        super().__init__()
        if width == 13:
            raise ConfigError("width must not be 13")
        self.body = nn.Linear(spec.num_numbers, width)
        self.head = nn.Linear(width, num_outputs)

    def forward_features(self, batch):
        return self.body(batch["numbers"]).relu()

    def reset_head(self, num_outputs):
        self.head = nn.Linear(self.head.in_features, num_outputs)


@pytest.fixture(scope="module", autouse=True)
def _small():
    from whet.tasks.table_classification import TableClassification

    architectures.register("tuning_small")(Small)
    patch = pytest.MonkeyPatch()
    start = Recipe(
        architecture="tuning_small",
        encoding={"crosses": 0},  # looks for pairs of columns, which takes longer than these trainings
        length=Length(epochs=3.0),
        optimiser=Optimiser(lr=2e-4),
        batch_size=16,
    )
    patch.setattr(TableClassification, "default", lambda self, facts: start)
    yield
    patch.undo()
    del architectures._items["tuning_small"]


@pytest.fixture(autouse=True)
def _no_pages(monkeypatch):
    """Plots take longer than these searches; ``random_run`` is made before this holds, and has its page."""
    monkeypatch.setattr(delivering, "write_tuning", lambda data, path: None)


def table(num=150, seed=0):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=num), rng.normal(size=num)
    return pd.DataFrame({"a": a, "b": b, "answer": np.where(a + 0.3 * rng.normal(size=num) > 0, "yes", "no")})


def tune(out, *, method="random", trials=4, **settings):
    given = {"space": SPACE, "epochs": 2, "budget": None, "seeds": 2, **settings}
    return whet.tune(table(), target="answer", method=method, trials=trials, out=out, **given)


def trials_of(run):
    data = json.loads((run.path / "report.json").read_text())
    return [(t["values"], t["fidelity"], t["state"], t["score"]) for t in data["trials"]]


@pytest.fixture(scope="module")
def random_run(tmp_path_factory):
    return tune(tmp_path_factory.mktemp("tuning") / "run")


def test_the_summary_says_what_was_searched_and_what_came_out(random_run):
    summary = random_run.summary
    assert (summary["kind"], summary["status"]) == ("tuning", "done")
    assert summary["tuning"]["trials"] == summary["tuning"]["complete"] == 4
    assert summary["test"]["opened"] == 1
    assert summary["test"]["low"] <= summary["test"]["score"] <= summary["test"]["high"]
    assert [row["stage"] for row in random_run.rows] == ["default", "confirm", "test"]
    assert summary["adopted"] == (["tuning"] if summary["tuning"]["verdict"] == "adopted" else [])


def test_the_model_on_disk_is_the_one_that_was_tested(random_run):
    from safetensors.numpy import load_file

    stored = load_file(random_run.path / "test.safetensors")
    fitted = random_run.model
    assert len(stored["scores"]) == random_run.summary["test"]["n"]
    assert fitted.about["test"]["score"] == random_run.summary["test"]["score"]
    assert whet.load(random_run.path).predict(table(5)).shape == (5,)


def test_the_winner_is_compared_on_seeds_that_the_search_did_not_use(random_run):
    data = json.loads((random_run.path / "report.json").read_text())
    assert len(data["fresh"]) == len(data["fresh_start"]) == 2
    assert data["best_score"] == max(t["score"] for t in data["trials"])
    seeds = {json.loads(p.read_text())["recipe"]["seed"] for p in (random_run.path / "trials").glob("*/trial.json")}
    assert seeds == {0, 1, 2}


def test_the_page_shows_the_plots_and_can_be_written_again(random_run):
    from whet.api import rewrite_report

    page = random_run.report.read_text()
    assert page.count("data:image/png") >= 3
    random_run.report.unlink()
    assert rewrite_report(random_run.path).read_text() == page


def test_the_same_seed_gives_the_same_tuning(random_run, tmp_path):
    assert trials_of(tune(tmp_path / "again")) == trials_of(random_run)


@pytest.mark.parametrize("method", ["random", "grid", "halving"])
def test_stopped_at_some_trial_and_resumed_it_equals_one_that_never_stopped(tmp_path, method):
    settings = {"method": method, "trials": None if method == "grid" else 3}
    if method == "grid":
        settings["space"] = {"optimiser.lr": {"values": [1e-3, 1e-2]}, "settings.width": {"values": [4, 8]}}
    polls = iter(range(10**9))
    whole = tune(tmp_path / "whole", **settings)
    with pytest.raises(Interrupted):
        tune(tmp_path / "run", should_stop=lambda: next(polls) > 110, **settings)
    halted = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert halted["status"] == "stopped"
    assert halted["test"] is None
    assert whet.load(tmp_path / "run").predict(table(5)).shape == (5,)
    resumed = whet.resume(tmp_path / "run", source=table())
    assert trials_of(resumed) == trials_of(whole)
    assert resumed.summary["test"] == whole.summary["test"]


def test_duplicates_cost_nothing(tmp_path):
    """The second dimension has no effect on the recipe: its values are one."""
    space = {"augment": {"values": [[], [{"name": "feature_noise"}], ["feature_noise"]]}}
    run = tune(tmp_path / "run", method="grid", trials=None, space=space)
    tuning = run.summary["tuning"]
    assert tuning["duplicates"] == 2  # one is the start's own recipe, one the other spelling
    data = json.loads((run.path / "report.json").read_text())
    assert all(t["seconds"] == 0 for t in data["trials"] if t["is_duplicate"])


def test_bayesian_optimisation_knows_the_start_without_training_it_again(tmp_path):
    run = tune(tmp_path / "run", method="bayesian", trials=2)
    first, second = json.loads((run.path / "report.json").read_text())["trials"]
    assert first["is_duplicate"]
    assert first["score"] == run.summary["baseline"]["valid_score"]
    assert not second["is_duplicate"]


def test_a_recipe_that_cannot_be_built_is_a_failed_trial_and_the_rest_goes_on(tmp_path):
    run = tune(tmp_path / "run", method="grid", trials=None, space={"settings.width": {"values": [13, 4]}})
    assert (run.summary["tuning"]["failed"], run.summary["tuning"]["complete"]) == (1, 1)
    assert "width must not be 13" in (run.path / "report.json").read_text()


def test_when_nothing_beats_the_start_the_start_is_handed_over(tmp_path):
    run = tune(tmp_path / "run", method="grid", trials=None, space={"optimiser.lr": {"values": [1e-9, 2e-9]}})
    data = json.loads((run.path / "report.json").read_text())
    if data["best_trial"] is None:
        assert data["is_start"]
        assert run.summary["gain"] is None
        assert run.summary["tuning"]["verdict"] is None
    assert run.summary["test"]["opened"] == 1


def test_weights_of_trials_nobody_asks_for_are_removed(tmp_path):
    run = tune(tmp_path / "run", trials=14)
    searched = [p for p in (run.path / "trials").glob("*/trial.json") if json.loads(p.read_text())["repeat"] == 0]
    assert len(searched) <= 11
    assert run.summary["tuning"]["complete"] == 14


def test_the_diagnosis_of_the_start_decides_what_is_searched(tmp_path, monkeypatch):
    def planted(symptom):
        finding = Finding(symptom=symptom, severity=0.9, statement="planted")
        monkeypatch.setattr(diagnosing, "findings_of", lambda session: [finding])
        run = tune(tmp_path / symptom, trials=2, space="diagnosed")
        return {f["name"] for f in json.loads((run.path / "report.json").read_text())["fields"]}

    assert "length.epochs" not in planted("overfitting") >= {"regularisation.l1", "regularisation.label_smoothing"}
    assert "regularisation.l1" not in planted("underfitting") >= {"length.epochs", "settings.width"}
    with pytest.raises(ConfigError, match=r"too late for a grid and for a shared storage"):
        TuningOptions(space="diagnosed", method="grid")


def test_the_start_is_diagnosed_from_its_own_outcome(tmp_path, monkeypatch):
    seen = []
    found = diagnosing.findings_of
    monkeypatch.setattr(diagnosing, "findings_of", lambda session: seen.extend(found(session)) or seen)
    run = tune(tmp_path / "run", trials=2, space="diagnosed", epochs=1)
    assert run.summary["tuning"]["complete"] == 2
    assert all(f.statement for f in seen)


def test_another_storage_is_used_and_its_password_is_kept_nowhere(tmp_path):
    url = f"sqlite:///{tmp_path / 'shared.sqlite'}"
    run = tune(tmp_path / "run", trials=2, storage=url)
    assert not (run.path / "study.sqlite").exists()
    assert run.summary["tuning"]["storage"] == url
    second = tune(tmp_path / "second", trials=3, storage=url)  # the same study goes on
    assert trials_of(second)[:2] == trials_of(run)
    hidden = TuningOptions(storage="postgresql://me:secret@host/db")
    assert "secret" not in json.dumps(hidden.to_dict())


def test_a_tuning_whose_storage_needs_a_password_asks_for_it(tmp_path, random_run):
    import shutil

    shutil.copytree(random_run.path, tmp_path / "run")
    state = json.loads((tmp_path / "run" / "run.json").read_text())
    state["tuning"]["storage"], state["status"] = "postgresql://me:***@host/db", "stopped"
    (tmp_path / "run" / "run.json").write_text(json.dumps(state))
    with pytest.raises(RunError, match=r"needs its password, which is not kept. Pass --storage again"):
        whet.resume(tmp_path / "run", source=table())


ARENA = Arena(name="valid", evaluated=np.arange(5), truth=np.arange(5), clusters=np.arange(5),
              parts_of=lambda r: [], num_parts=1, num_train=1000)  # fmt: skip
FOLDS = replace(ARENA, name="out-of-fold-5", num_parts=5)
SETUP = Setup(space=Space({"optimiser.lr": Real(low=0.1, high=1)}), higher_is_better=True, seed=0)


def plan(method, *, epoch_s, left_s=540.0, setup=SETUP):
    pace = Pace(fixed_s=0.1, epoch_s=epoch_s, num_examples=1000)
    recipe = Recipe(architecture="mlp", length=Length(epochs=20.0))
    return plan_by_time(methods[method], setup, recipe, [FOLDS, ARENA], pace, left_s=left_s, finish_s=25.0, seeds=3)


@pytest.mark.parametrize("method", ["random", "bayesian", "halving", "hyperband"])
@pytest.mark.parametrize("epoch_s", [0.001, 0.1, 1.0, 30.0])
def test_the_time_is_shared_out_such_that_search_and_end_fit(method, epoch_s):
    arena, made = plan(method, epoch_s=epoch_s)
    search_s = 540.0 - 25.0 - made.trial_s - made.comparing_s(has_winner=True)
    cost = methods[method].full_trainings(replace(SETUP, num_trials=made.num_trials))
    assert search_s >= (cost or 6.0) * made.trial_s
    assert made.length.seconds * arena.num_parts == pytest.approx(made.trial_s, abs=0.01)


def test_folds_are_used_where_they_can_be_paid_for():
    assert plan("random", epoch_s=0.001)[0].num_parts == 5
    assert plan("random", epoch_s=1.0)[0].num_parts == 1


def test_a_grid_that_does_not_fit_is_refused_with_its_count_and_what_would_fit():
    space = Space({"optimiser.lr": Real(low=0.1, high=1, points=30), "batch_size": Choice(values=tuple(range(1, 31)))})
    with pytest.raises(ConfigError, match=r"this grid search has 900 trials of about 24 s.*room for about 3\d, even"):
        plan("grid", epoch_s=1.0, setup=replace(SETUP, space=space))
