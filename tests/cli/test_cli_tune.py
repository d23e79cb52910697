"""whet tune through the command line: the space file, the result, what it refuses, and resuming after a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from whet.cli.main import app
from whet.errors import ConfigError, RunError

SPACE = "optimiser.lr: {low: 1e-3, high: 1e-1, log: true}\nsettings.width: {values: [8, 16]}\n"


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=90), rng.normal(size=90)
    pd.DataFrame({"a": a, "b": b, "answer": np.where(a * b > 0, "yes", "no")}).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "space.yaml").write_text(SPACE)
    return tmp_path


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(holds, seconds=10.0):
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


def run(*arguments):
    return CliRunner().invoke(app, ["tune", *map(str, arguments)])


def test_the_default_space_is_written_to_be_edited_and_nothing_else(folder):
    result = run(folder / "t.csv", "--target", "answer", "--write-space", folder / "mine.yaml")
    assert result.exit_code == 0, result.output
    assert "optimiser.lr: {kind: real" in (folder / "mine.yaml").read_text()
    assert "--target answer" in result.stdout
    assert sorted(p.name for p in folder.iterdir()) == ["mine.yaml", "space.yaml", "t.csv"]
    again = run(folder / "t.csv", "--target", "answer", "--write-space", folder / "mine.yaml")
    assert isinstance(again.exception, ConfigError)


def test_json_is_the_summary(folder):
    out = folder / "run"
    result = run(folder / "t.csv", "--target", "answer", "--space", folder / "space.yaml", "--method", "random",
                 "--trials", 2, "--epochs", 1, "--seeds", 1, "--out", out, "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary.pop("run") == str(out)
    assert summary == json.loads((out / "summary.json").read_text())
    assert summary["tuning"]["trials"] == 2
    assert summary["test"]["opened"] == 1
    page = CliRunner().invoke(app, ["report", str(out)])
    assert page.exit_code == 0, page.output
    done = run("--resume", out, "--json")
    assert json.loads(done.stdout)["seconds"] == summary["seconds"]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--method", "gird"], r"unknown method 'gird'. Did you mean 'grid'"),
        (["--space", "absent.yaml"], r"cannot read the search space absent.yaml"),
        (["--method", "grid", "--trials", "2"], r"has 6 combinations, more than --trials 2"),
        (["--method", "random"], r"random search counted in epochs needs an end: pass --trials"),
        (["--trials", "0"], r"trials must be at least 1; got 0"),
        (["--workers", "0"], r"workers must be a whole number of at least 1, or 'auto'; got 0"),
        (["--workers", "many"], r"workers must be a whole number of at least 1, or 'auto'; got 'many'"),
        (["--workers", "-1"], r"workers must be a whole number of at least 1, or 'auto'; got '-1'"),
    ],
)
def test_bad_input_is_one_message_and_leaves_nothing_behind(folder, extra, message):
    base = [folder / "t.csv", "--target", "answer", "--epochs", 1, "--out", folder / "run"]
    space = [] if "--space" in extra else ["--space", folder / "space.yaml"]
    result = run(*base, *space, *extra)
    assert isinstance(result.exception, ConfigError)
    with pytest.raises(ConfigError, match=message):
        raise result.exception
    assert not (folder / "run").exists()


def test_a_run_that_is_no_tuning_is_not_resumed(folder):
    result = run("--resume", folder)
    assert isinstance(result.exception, RunError)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_tuning_that_was_killed_goes_on(folder, workers):
    out = folder / "run"
    words = ["tune", folder / "t.csv", "--target", "answer", "--space", folder / "space.yaml", "--method", "random",
             "--trials", 3, "--epochs", 1, "--seeds", 1, "--workers", workers, "--out", out]  # fmt: skip
    command = [sys.executable, "-m", "whet", *map(str, words)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    until = time.monotonic() + 60
    while not list((out / "trials").glob("*/trial.json")) and time.monotonic() < until and process.poll() is None:
        time.sleep(0.02)
    begun = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    started = begun.read_text().split() if begun.exists() else []
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert wait_until(lambda: not any(is_running(pid) for pid in started))  # no worker outlives it
    result = run("--resume", out, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["tuning"]["complete"] == 3
