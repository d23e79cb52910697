"""A run that starts from a pretrained body, and what happens when there is none to be had."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.append(str(Path(__file__).parents[1] / "models"))
from pretrained_sources import saved

import whet
from whet.errors import BackboneError, ConfigError
from whet.improving.observer import Observer


def texts(num=60, seed=0):
    rng = np.random.default_rng(seed)
    words = ["ship", "tea", "road", "lamp", "green", "seven", "often", "walk"]
    marks = {"bad": "awful", "so-so": "fair", "good": "great"}
    labels = rng.choice(list(marks), num)
    lines = [" ".join([*rng.choice(words, rng.integers(2, 6)), marks[label]]) for label in labels]
    return pd.DataFrame({"text": lines, "label": labels})


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    return saved("bert", tmp_path_factory.mktemp("body") / "tiny")


@pytest.fixture(scope="module")
def run(body, tmp_path_factory):
    folder = tmp_path_factory.mktemp("transfer")
    texts().to_csv(folder / "train.csv", index=False)
    return whet.improve(
        folder / "train.csv", target="label", budget=None, epochs=1, out=folder / "run", backbone=str(body)
    )


def test_each_way_of_using_the_body_has_a_judged_row(run):
    rows = {row["remedy"]: row for row in run.rows if row["stage"] == "confirm"}
    for name in ("frozen_features", "few_shot", "fine_tuning"):
        assert rows[name]["verdict"] in ("adopted", "no evidence", "harmful"), rows[name]["reason"]
        assert rows[name]["registered_at"] <= rows[name]["decided_at"]
        assert rows[name]["alpha"] > 0


def test_the_model_predicts_without_the_source(run, body, tmp_path):
    fresh = texts(20, seed=1)[["text"]]
    before = run.model.predict_proba(fresh)
    hidden = body.rename(tmp_path / "elsewhere")
    try:
        assert np.array_equal(whet.load(run.path / "model").predict_proba(fresh), before)
    finally:
        hidden.rename(body)


def test_a_frozen_body_is_stored_once_for_all_trials(run):
    stored = list((run.path / "trials").glob("shared-*.safetensors"))
    sizes = [file.stat().st_size for file in stored]
    assert len(stored) == len(set(stored)) <= 2, [f.name for f in stored]
    parts = list((run.path / "trials").glob("*/part-*.json"))
    frozen = [p for p in parts if "shared" in json.loads(p.read_text())]
    assert len(frozen) >= 2
    assert all(p.with_suffix(".safetensors").stat().st_size < max(sizes) for p in frozen)


def test_a_body_for_other_examples_is_refused(tmp_path, body):
    numbers = pd.DataFrame({"a": np.arange(40.0), "b": np.arange(40.0)[::-1], "y": ["u", "v"] * 20})
    with pytest.raises(BackboneError, match="reads text examples, but these are table"):
        whet.improve(numbers, target="y", budget=None, epochs=1, out=tmp_path / "run", backbone=str(body))
    assert not (tmp_path / "run").exists()


def test_an_unknown_kind_of_source_gets_the_nearest_name(tmp_path):
    with pytest.raises(BackboneError, match="Did you mean 'hf'"):
        whet.improve(texts(), target="label", budget=None, epochs=1, out=tmp_path / "run", backbone="hff:some/thing")


def test_a_hub_that_does_not_answer_is_named_and_the_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("WHET_CACHE", str(tmp_path / "cache"))
    said = []

    class Ear(Observer):
        def say(self, text):
            said.append(text)

    finished = whet.improve(
        texts(),
        target="label",
        budget=None,
        epochs=1,
        out=tmp_path / "run",
        backbone="hf:nobody/nothing",
        download=True,
        fast_model=False,
        observer=Ear(),
    )
    assert finished.summary["status"] == "done"
    assert [line for line in said if "nobody/nothing" in line and "goes on without it" in line]


def test_an_unknown_demonstration_is_refused():
    with pytest.raises(ConfigError, match="Did you mean 'texts'"):
        whet.demo("text")
