"""whet pretrain through the command line: what it prints, what it refuses, and that a signal leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from whet.cli.main import app
from whet.errors import ConfigError


@pytest.fixture
def reviews(tmp_path):
    rng = np.random.default_rng(0)
    words = np.array(["good", "bad", "ship", "tea", "road", "lamp", "green", "seven", "walks", "stands"])
    frame = pd.DataFrame({"said": [" ".join(rng.choice(words, 8)) + f" {i}" for i in range(60)], "stars": [1, 2] * 30})
    frame.to_csv(tmp_path / "reviews.csv", index=False)
    return tmp_path / "reviews.csv"


def run(*arguments):
    return CliRunner().invoke(app, ["pretrain", *map(str, arguments)])


def test_it_prints_what_was_learnt_and_how_to_go_on(reviews, tmp_path):
    result = run(reviews, "--out", tmp_path / "mine", "--epochs", 1)
    assert result.exit_code == 0, result.output
    assert "text_transformer pretrained by masked modelling" in result.stdout
    assert "hidden words found" in result.stdout
    assert f"--backbone {tmp_path / 'mine'}" in result.stdout
    assert (tmp_path / "mine" / "weights.safetensors").is_file()


def test_json_is_the_content_of_the_folder(reviews, tmp_path):
    result = run(reviews, reviews, "--text", "said", "--out", tmp_path / "mine", "--epochs", 1, "--json")
    content = json.loads(result.stdout)
    assert content.pop("out") == str(tmp_path / "mine")
    assert content == json.loads((tmp_path / "mine" / "backbone.json").read_text())
    assert [o["num_examples"] for o in content["data"]["origins"]] == [60, 60]


def test_labels_are_used_where_a_target_is_named(reviews, tmp_path):
    result = run(reviews, "--text", "said", "--target", "stars", "--out", tmp_path / "mine", "--epochs", 1, "--json")
    assert json.loads(result.stdout)["objective"] == "supervised"


def test_an_unknown_objective_is_refused_before_anything_is_written(reviews, tmp_path):
    result = run(reviews, "--out", tmp_path / "mine", "--objective", "msk")
    assert isinstance(result.exception, ConfigError)
    assert "no objective 'msk' for text examples. Did you mean 'masked'" in str(result.exception)
    assert not (tmp_path / "mine").exists()


def test_a_signal_leaves_nothing_half_written(reviews, tmp_path):
    command = [sys.executable, "-m", "whet", "pretrain", str(reviews), "--out", str(tmp_path / "m"), "--budget", "10m"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    )
    assert process.stderr is not None
    assert "learns by: masked" in process.stderr.readline()  # it trains, or is about to
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 130, stderr
    assert "no backbone was written" in stderr
    assert [p.name for p in tmp_path.iterdir()] == ["reviews.csv"]
