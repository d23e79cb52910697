"""Trials side by side: the same rows, scores and model as one after the other, and nothing left in the run folder."""

import numpy as np
import pytest

import whet
from whet.errors import ConfigError, TrainingFailedError
from whet.improving.book import Book
from whet.improving.options import Options
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.ledger.records import Ledger

TIMES = ("registered_at", "decided_at", "seconds", "expected_seconds")


@pytest.fixture(scope="module")
def both(table_run, tmp_path_factory):
    """The same run with one worker and with two."""
    one, folder = table_run
    out = tmp_path_factory.mktemp("workers") / "run"
    return one, whet.improve(folder / "train.csv", target="answer", budget=None, epochs=2, out=out, seed=0, workers=2)


def test_the_ledger_is_the_same_but_for_seconds(both):
    one, two = ([{k: v for k, v in row.items() if k not in TIMES} for row in run.rows] for run in both)
    assert len(one) > 10
    assert one == two


def test_trials_have_the_same_keys_and_the_model_the_same_bits(both):
    one, two = both
    trials = [{p.name for p in (run.path / "trials").iterdir()} for run in both]
    assert trials[0] == trials[1]
    weights = [{p.name: p.read_bytes() for p in (run.path / "model").glob("*.safetensors")} for run in both]
    assert weights[0] == weights[1]
    assert one.summary["test"] == two.summary["test"]


def test_the_exchange_with_workers_is_cleared_away(both):
    _, two = both
    assert not (two.path / "workers").exists()
    assert two.path.joinpath("report.html").is_file()


@pytest.mark.parametrize("workers", [0, -1, "many", 1.5, True])
def test_a_wrong_number_of_workers_is_named(workers):
    with pytest.raises(ConfigError, match=f"workers must be .*got {workers!r}"):
        Options(workers=workers)


def test_options_keep_the_number_of_workers():
    for workers in (2, "auto"):
        options = Options(workers=workers)
        assert Options.from_dict(options.to_dict()) == options


def plan(change):
    return Plan(stage=Stage.SCREEN, remedy="x", change=change, because="", recipe="r")


def test_rows_registered_together_are_decided_one_by_one_and_read_back(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        book = Book(ledger)
        assert book.register([plan("a"), plan("b"), plan("a")]) == [True, True, True]
        assert [row["change"] for row in ledger.open_rows()] == ["a", "b", "a"]
        for change in ("a", "b"):
            book.row(plan(change), lambda: Decision(verdict=Verdict.MEASURED, reason="", seconds=1.0))
        assert [row["verdict"] for row in ledger.rows()] == ["measured", "measured", None]
        resumed = Book(ledger)
        assert resumed.register([plan("a"), plan("b"), plan("a"), plan("c")]) == [False, False, True, True]
        assert len(ledger.rows()) == 4


def test_a_failed_trial_fails_for_the_one_who_asks_for_it_and_is_tried_again_when_asked_twice(tmp_path):
    from whet.data.load import load
    from whet.improving.arena import Arena
    from whet.improving.trials import Trials, Wanted
    from whet.recipe import Length, Recipe
    from whet.tasks.classes import ClassTarget
    from whet.training.fitted import FitSetting

    data = load("sklearn:wine", cache=tmp_path / "cache")
    target, rows = ClassTarget.fit(data.target), np.arange(len(data))
    parts = [(rows[: len(rows) // 2], rows[len(rows) // 2 :])]
    arena = Arena(
        name="halves",
        evaluated=parts[0][1],
        truth=target.encode(data.target)[parts[0][1]],
        clusters=parts[0][1],
        parts_of=lambda _: parts,
        num_parts=1,
        num_train=len(parts[0][0]),
    )
    trials = Trials(
        tmp_path / "trials",
        data,
        target,
        measure=lambda truth, scores: float((scores.argmax(1) == truth).mean()),
        setting=FitSetting(num_threads=1),
        checkpoints=tmp_path / "ckpt",
        seed=0,
    )
    wrong = Recipe(architecture="mlp", settings={"no_such": 1}, length=Length(epochs=1.0))
    good = Recipe(architecture="majority", length=Length(epochs=1.0))
    trials.run_ahead(arena, [Wanted(recipe=wrong, title="wrong"), Wanted(recipe=good, title="good")])
    assert trials.run(arena, good, title="good").title == "good"
    for _ in range(2):
        with pytest.raises(TrainingFailedError, match="no_such"):
            trials.run(arena, wrong, title="wrong")
