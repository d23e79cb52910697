"""kill -9 at random moments of a tuning: does every one resume, and is every reported trial still there?

One tuning is killed again and again, each time at a random moment of its next few seconds, and resumed until it ends.
After each kill every trial that an earlier look had seen finished must still be there with the same score, the model on
disk must load, and the database must pass its own integrity check. Then the tuning is resumed to its end and compared
with one that was never killed: the same trials, the same scores.

    python -m benchmarks tuning_kills [--kills 50] [--workers 1] [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.storing import store
from whet.rng import make_numpy_generator

COMMAND = [sys.executable, "-m", "whet", "tune"]
SPACE = "optimiser.lr: {low: 1e-3, high: 1e-1, log: true}\nsettings.width: {values: [8, 16, 32]}\n"


def run(kills: int, trials: int, longest_s: float, workers: int = 1) -> dict[str, Any]:
    """Counts of what went wrong, all of which should be 0."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_source(folder)
        counts = _kill_again_and_again(folder, folder / "run", kills, trials, longest_s, workers)
        _start(folder, folder / "run", trials, workers, resume=(folder / "run" / "run.json").is_file()).wait()
        _start(folder, folder / "whole", trials, workers, resume=False).wait()
        counts["differs_from_never_killed"] = int(_trials(folder / "run") != _trials(folder / "whole"))
        counts |= {"trials": trials, "workers": workers}
        return counts


def _kill_again_and_again(
    folder: Path, out: Path, kills: int, trials: int, longest_s: float, workers: int
) -> dict[str, Any]:
    generator = make_numpy_generator(0, "kills")
    seen: dict[int, float] = {}
    counts: dict[str, Any] = {"kills": 0, "lost": 0, "corrupt": 0, "unusable_model": 0, "failed_to_resume": 0}
    while counts["kills"] < kills:
        process = _start(folder, out, trials, workers, resume=(out / "run.json").is_file())
        time.sleep(float(generator.random()) * longest_s)
        if process.poll() is not None:  # it ended before the kill: begin a new one
            counts["failed_to_resume"] += int(process.returncode != 0)
            out, seen = out.with_name(f"run-{counts['kills']}"), {}
            continue
        process.send_signal(signal.SIGKILL)
        process.wait()
        counts["kills"] += 1
        found = _finished(out)
        counts["lost"] += sum(found.get(number) != score for number, score in seen.items())
        counts["corrupt"] += int(not _is_whole(out / "study.sqlite") or not _is_whole(out / "ledger.sqlite"))
        counts["unusable_model"] += int(not _loads(out))
        seen |= found
        if counts["kills"] % 10 == 0:
            print(f"  {counts}", flush=True)
    if out.name != "run":  # what is resumed to its end is the last one
        out.rename(folder / "run-last")
        (folder / "run").rename(folder / "run-first")
        (folder / "run-last").rename(folder / "run")
    return counts


def _start(folder: Path, out: Path, trials: int, workers: int, *, resume: bool) -> subprocess.Popen[bytes]:
    words = ["--resume", str(out)]
    if not resume:
        words = [str(folder / "t.csv"), "--target", "answer", "--space", str(folder / "space.yaml"), "--seeds", "1",
                 "--method", "random", "--trials", str(trials), "--epochs", "2", "--workers", str(workers),
                 "--out", str(out)]  # fmt: skip
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([*COMMAND, *words], **silent, env={**os.environ, "OMP_NUM_THREADS": "1"})  # type: ignore[call-overload, no-any-return]


def _write_source(folder: Path) -> None:
    generator = make_numpy_generator(0, "source")
    a, b = generator.normal(size=(2, 200))
    answer = np.where(a * b > 0, "yes", "no")
    pd.DataFrame({"a": a, "b": b, "answer": answer}).to_csv(folder / "t.csv", index=False)
    (folder / "space.yaml").write_text(SPACE)


def _finished(out: Path) -> dict[int, float]:
    """Scores of the trials that the study says are complete, read without Whet."""
    path = out / "study.sqlite"
    if not path.is_file():
        return {}
    query = "select number, value from trials join trial_values using (trial_id) where state = 'COMPLETE'"
    try:
        with sqlite3.connect(path) as connection:
            return dict(connection.execute(query).fetchall())
    except sqlite3.OperationalError:  # killed while the tables were made
        return {}


def _is_whole(path: Path) -> bool:
    if not path.is_file():
        return True
    with sqlite3.connect(path) as connection:
        return bool(connection.execute("pragma integrity_check").fetchone()[0] == "ok")


def _loads(out: Path) -> bool:
    from whet.bundle.load import load_model
    from whet.errors import WhetError
    from whet.files import recover_folder

    recover_folder(out / "model")
    if not (out / "model").exists():
        return not _finished(out)  # before the start has been trained there is none
    try:
        load_model(out)
    except WhetError:
        return False
    return True


def _trials(out: Path) -> list[Any]:
    content = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return [(t["values"], t["state"], t["score"]) for t in content["trials"]]


def main(arguments: list[str]) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks tuning_kills")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--quick", action="store_true", help="three kills, nothing stored")
    parser.add_argument("--longest", type=float, default=12.0, help="seconds within which a kill comes")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args(arguments)
    kills, trials = (3, 4) if given.quick else (int(given.kills), 40)
    results = run(kills, trials, given.longest, given.workers)
    print(f"  {results}")
    if not given.quick:
        store("tuning_kills" if given.workers == 1 else f"tuning_kills_{given.workers}_workers", results)
