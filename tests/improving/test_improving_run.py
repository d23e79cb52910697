"""A whole small run, and the contracts that other programs rely on (docs/contracts.md)."""

import json
import sqlite3

import numpy as np
import pandas as pd
import pytest

import whet
from whet.errors import BundleError, ConfigError, DataError, LabelError, RunError


def test_the_summary_says_what_docs_contracts_promises(table_run):
    run, _ = table_run
    summary = json.loads((run.path / "summary.json").read_text())
    assert summary["status"] == "done"
    assert summary["task"] == "table_classification"
    assert summary["metric"] == "accuracy"
    assert summary["direction"] == "maximize"
    assert set(summary["test"]) == {"score", "low", "high", "n", "opened"}
    assert summary["test"]["opened"] == 1
    assert summary["test"]["low"] <= summary["test"]["score"] <= summary["test"]["high"]
    assert {"name", "architecture", "valid_score", "test_score"} <= set(summary["baseline"])
    assert {"baseline", "best", "gain", "adopted", "seconds", "budget", "seed", "environment"} <= set(summary)


def test_the_ledger_has_the_baselines_the_default_and_one_test_row(table_run):
    run, _ = table_run
    stages = [row["stage"] for row in run.rows]
    assert stages[:3] == ["baseline"] * 3
    assert "default" in stages
    assert stages.count("test") == 1
    assert all(row["verdict"] for row in run.rows)
    assert len(run.ledger) == len(run.rows)
    with sqlite3.connect(run.path / "ledger.sqlite") as connection:
        assert connection.execute("select count(*) from ledger").fetchone()[0] == len(run.rows)


def test_nothing_is_claimed_that_was_not_registered_first(table_run):
    run, _ = table_run
    for row in run.rows:
        assert row["registered_at"] <= row["decided_at"]
        if row["verdict"] == "adopted":
            assert row["p"] <= row["alpha"]


def test_predictions_have_one_row_per_example_and_probabilities_sum_to_one(table_run):
    run, folder = table_run
    frame = run.model.predict_frame(folder / "fresh.csv")
    assert list(frame.columns) == ["row", "prediction", "p(no)", "p(yes)"]
    assert frame["row"].tolist() == list(range(80))
    assert np.allclose(frame[["p(no)", "p(yes)"]].sum(axis=1), 1.0)


def test_the_model_beats_guessing_on_fresh_rows(table_run):
    run, folder = table_run
    result = whet.evaluate(run.model, folder / "fresh.csv")
    assert result["n"] == 80
    assert result["score"] > 0.7
    assert result["low"] <= result["score"] <= result["high"]


def test_a_loaded_model_gives_the_same_scores_bit_for_bit(table_run):
    run, folder = table_run
    again = whet.load(run.path / "model")
    fresh = folder / "fresh.csv"
    assert np.array_equal(again.predict_proba(fresh), run.model.predict_proba(fresh))
    assert np.array_equal(again.predict(fresh), run.model.predict(fresh))


def test_a_table_in_memory_is_predicted_like_the_file(table_run):
    run, folder = table_run
    frame = pd.read_csv(folder / "fresh.csv")
    assert np.allclose(run.model.predict_proba(frame), run.model.predict_proba(folder / "fresh.csv"))
    assert len(run.model.predict(frame.drop(columns="answer"))) == 80


def test_a_missing_feature_column_is_named(table_run):
    run, folder = table_run
    with pytest.raises(DataError, match="colour"):
        run.model.predict(pd.read_csv(folder / "fresh.csv").drop(columns="colour"))


def test_one_altered_byte_in_a_bundle_is_refused(table_run, tmp_path):
    import shutil

    run, _ = table_run
    copy = tmp_path / "model"
    shutil.copytree(run.path / "model", copy)
    weights = next(copy.glob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(BundleError, match="altered"):
        whet.load(copy)
    weights.unlink()
    with pytest.raises(BundleError, match="missing"):
        whet.load(copy)


def test_an_altered_manifest_is_refused(table_run, tmp_path):
    import shutil

    run, _ = table_run
    copy = tmp_path / "model"
    shutil.copytree(run.path / "model", copy)
    manifest = json.loads((copy / "bundle.json").read_text())
    manifest["blend"]["temperature"] = 9.0
    (copy / "bundle.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"bundle\.json"):
        whet.load(copy)


def test_a_bundle_holds_no_pickle(table_run):
    run, _ = table_run
    assert {p.suffix for p in (run.path / "model").iterdir()} == {".json", ".safetensors", ".md"}


def test_a_finished_run_is_not_run_again(table_run):
    run, _ = table_run
    before = (run.path / "ledger.sqlite").stat().st_size
    assert whet.resume(run.path).summary == run.summary
    assert (run.path / "ledger.sqlite").stat().st_size == before


def test_the_same_seed_in_epochs_gives_the_same_model_bit_for_bit(table_run, tmp_path):
    run, folder = table_run
    twin = whet.improve(folder / "train.csv", target="answer", budget=None, epochs=2, out=tmp_path / "run", seed=0)
    fresh = folder / "fresh.csv"
    assert np.array_equal(twin.model.predict_proba(fresh), run.model.predict_proba(fresh))
    assert twin.summary["test"] == run.summary["test"]


class Stop:
    """Asks to stop after so many polls."""

    def __init__(self, after):
        self.left = after

    def __call__(self):
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("polls", [3, 40])
def test_a_stopped_and_resumed_run_ends_where_an_unstopped_one_does(table_run, tmp_path, polls):
    from whet.training.interrupted import Interrupted

    run, folder = table_run
    with pytest.raises(Interrupted):
        whet.improve(
            folder / "train.csv",
            target="answer",
            budget=None,
            epochs=2,
            out=tmp_path / "run",
            should_stop=Stop(polls),
        )
    stopped = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert stopped["status"] == "stopped"
    assert stopped["test"] is None
    resumed = whet.resume(tmp_path / "run")
    assert resumed.summary["test"] == run.summary["test"]
    fresh = folder / "fresh.csv"
    assert np.array_equal(resumed.model.predict_proba(fresh), run.model.predict_proba(fresh))
    keys = [(r["stage"], r["change"]) for r in resumed.rows]
    assert keys == [(r["stage"], r["change"]) for r in run.rows]


@pytest.mark.parametrize(
    ("content", "target", "kind", "match"),
    [
        ("a,b\n1,x\n2,y\n", "lable", DataError, "lable"),
        ("a,y\n" + "".join(f"{i * 7 % 13},same\n" for i in range(30)), "y", LabelError, "same"),
        ("a,y\n" + "".join(f"{i * 7 % 13},{'x' if i else 'rare'}\n" for i in range(30)), "y", LabelError, "rare"),
        ("a,y\n" + "".join(f",{'xy'[i % 2]}\n" for i in range(30)), "y", DataError, "a"),
        ("", "y", DataError, "empty"),
    ],
)
def test_bad_input_is_one_message_and_leaves_nothing_behind(tmp_path, content, target, kind, match):
    (tmp_path / "data.csv").write_text(content)
    with pytest.raises(kind, match=match):
        whet.improve(tmp_path / "data.csv", target=target, budget=None, epochs=1, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("device", ["cuda:99", "abacus"])
def test_a_device_that_is_not_there_is_refused_before_anything_is_written(tmp_path, device):
    with pytest.raises(ConfigError, match=device):
        whet.improve("sklearn:iris", budget=None, epochs=1, device=device, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv"):
        whet.improve(tmp_path / "nowhere.csv", target="y", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_existing_folder_that_is_no_run_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="holds no run"):
        whet.improve("sklearn:iris", out=tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["notes.txt"]
