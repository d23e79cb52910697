"""The command line as a user types it."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version

import pandas as pd
import pytest


def whet(*arguments, **options):
    command = [sys.executable, "-m", "whet", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


def test_the_version_is_told_and_is_the_one_that_is_installed():
    assert whet("--version").stdout.split() == ["whet", version("whet")]


def test_predict_writes_a_csv_and_says_so_in_json(table_run, tmp_path):
    run, folder = table_run
    done = whet("predict", run.path / "model", folder / "fresh.csv", "--out", tmp_path / "p.csv", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 80
    frame = pd.read_csv(tmp_path / "p.csv")
    assert frame.columns[:2].tolist() == ["row", "prediction"]
    assert set(frame["prediction"]) <= {"yes", "no"}


def test_another_process_predicts_bit_for_bit_the_same(table_run, tmp_path):
    run, folder = table_run
    whet("predict", run.path / "model", folder / "fresh.csv", "--out", tmp_path / "p.csv")
    here = run.model.predict_frame(folder / "fresh.csv").to_csv(index=False)
    assert (tmp_path / "p.csv").read_text() == here


def test_evaluate_prints_every_metric_with_an_interval(table_run):
    run, folder = table_run
    done = whet("evaluate", run.path, folder / "fresh.csv", "--json")
    result = json.loads(done.stdout)
    assert {"accuracy", "macro_f1", "roc_auc", "log_loss", "calibration_error"} <= set(result["metrics"])
    assert all(f["low"] <= f["score"] <= f["high"] for f in result["metrics"].values())
    assert "accuracy" in whet("evaluate", run.path, folder / "fresh.csv").stdout


def test_ledger_and_report_can_be_printed_again(table_run):
    run, _ = table_run
    rows = json.loads(whet("ledger", run.path, "--json").stdout)
    assert [r["stage"] for r in rows] == [r["stage"] for r in run.rows]
    assert "default recipe" in whet("ledger", run.path).stdout
    page = run.path / "report.html"
    former = page.read_bytes()
    page.unlink()
    assert whet("report", run.path).returncode == 0
    assert len(page.read_bytes()) == len(former)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["improve"], "needs a SOURCE"),
        (["improve", "nowhere.csv", "--target", "y"], "nowhere.csv"),
        (["improve", "sklearn:iris", "--budget", "soon"], "90s, 5m"),
        (["improve", "sklearn:iriss"], "iris"),
        (["improve", "sklearn:iris", "--type", "x"], "COL=KIND"),
        (["predict", "nowhere", "x.csv"], "bundle.json"),
        (["ledger", "nowhere"], "run.json"),
        (["improve", "--resume", "nowhere"], "run.json"),
    ],
)
def test_bad_input_is_exit_code_2_and_one_message_without_a_traceback(tmp_path, arguments, said):
    done = whet(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_error_with_json_is_one_json_document(tmp_path):
    done = whet("improve", "nowhere.csv", "--target", "y", "--json", cwd=tmp_path)
    assert "nowhere.csv" in json.loads(done.stdout)["error"]["message"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_within_five_seconds_and_the_best_model_is_usable(tmp_path, number):
    command = [
        sys.executable,
        "-m",
        "whet",
        "improve",
        "sklearn:wine",
        "--budget",
        "5m",
        "--out",
        str(tmp_path / "run"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(tmp_path / "run" / "model" / "bundle.json")
    begin = time.monotonic()
    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert time.monotonic() - begin < 15  # 5 s on a machine that is not running other tests
    assert "--resume" in stderr
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["status"] == "stopped"
    assert whet("predict", tmp_path / "run" / "model", "sklearn:wine", "--out", tmp_path / "p.csv").returncode == 0
    assert whet("report", tmp_path / "run").returncode == 0
    assert "stopped" in (tmp_path / "run" / "report.html").read_text()


def test_a_killed_run_is_readable_and_resumes(tmp_path):
    command = [sys.executable, "-m", "whet", "improve", "sklearn:wine", "--epochs", "1", "--no-fast"]
    command += ["--out", str(tmp_path / "run")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(tmp_path / "run" / "model" / "bundle.json")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert whet("predict", tmp_path / "run", "sklearn:wine", "--out", tmp_path / "p.csv").returncode == 0
    assert whet("ledger", tmp_path / "run", "--json").returncode == 0
    done = whet("improve", "--resume", tmp_path / "run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "done"


def wait_for(path, seconds=90):
    end = time.monotonic() + seconds
    while not path.is_file():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.05)
