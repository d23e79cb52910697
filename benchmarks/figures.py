"""Scores on real data within a budget, through the command line, as a user would get them.

    python -m benchmarks figures --data DIR [--only NAME] [--seed 0]

DIR holds the data in the forms a user would bring (README.md says where each set is from):
``cifar10/{train,test}/<class>/*.jpg``, ``sign_digits/<class>/*``, ``sst2|trec|adult/{train,test}.csv``,
``california_housing/housing.csv`` and ``ucr/<name>/<name>_{TRAIN,TEST}.ts``. The test part is read by ``whet predict``
alone, after the run has ended.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.storing import RESULTS, store


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    name: str
    budget: str
    goal: float
    alternative: str
    prepare: Callable[[Path, Path], tuple[Path, Path]]  # (data, scratch) -> (train, test)
    target: str | None = None
    metric: str = "accuracy"
    backbone: str | None = None  # pretrained source that the run starts from


def official(train: str, test: str) -> Callable[[Path, Path], tuple[Path, Path]]:
    return lambda data, scratch: (data / train, data / test)


def split_table(path: str) -> Callable[[Path, Path], tuple[Path, Path]]:
    """A fixed 30 % of the rows: the first of a permutation with seed 0."""

    def prepare(data: Path, scratch: Path) -> tuple[Path, Path]:
        frame = pd.read_csv(data / path)
        order = np.random.default_rng(0).permutation(len(frame))
        cut = int(0.3 * len(frame))
        frame.iloc[order[:cut]].to_csv(scratch / "test.csv", index=False)
        frame.iloc[order[cut:]].to_csv(scratch / "train.csv", index=False)
        return scratch / "train.csv", scratch / "test.csv"

    return prepare


def split_folder(path: str) -> Callable[[Path, Path], tuple[Path, Path]]:
    """A fixed 30 % of the pictures of each class."""

    def prepare(data: Path, scratch: Path) -> tuple[Path, Path]:
        for folder in sorted(p for p in (data / path).iterdir() if p.is_dir()):
            files = sorted(folder.iterdir())
            order = np.random.default_rng(0).permutation(len(files))
            for rank, index in enumerate(order.tolist()):
                part = "test" if rank < 0.3 * len(files) else "train"
                (scratch / part / folder.name).mkdir(parents=True, exist_ok=True)
                (scratch / part / folder.name / files[index].name).symlink_to(files[index].resolve())
        return scratch / "train", scratch / "test"

    return prepare


def ucr(name: str) -> Callable[[Path, Path], tuple[Path, Path]]:
    return official(f"ucr/{name}/{name}_TRAIN.ts", f"ucr/{name}/{name}_TEST.ts")


CASES = (
    Case("ArrowHead", "60s", 0.863, "MiniRocket 0.863", ucr("ArrowHead")),
    Case("GunPoint", "60s", 0.993, "MiniRocket 0.993", ucr("GunPoint")),
    Case("ItalyPowerDemand", "60s", 0.963, "MiniRocket 0.963", ucr("ItalyPowerDemand")),
    Case("BasicMotions", "60s", 1.0, "MiniRocket 1.0", ucr("BasicMotions")),
    Case("trec", "2m", 0.900, "TF-IDF + logistic 0.882", official("trec/train.csv", "trec/test.csv"), "label"),
    Case("sst2", "3m", 0.825, "TF-IDF + logistic 0.812", official("sst2/train.csv", "sst2/test.csv"), "label"),
    Case(
        "trec from MiniLM",
        "5m",
        0.95,
        "Whet from scratch, 2 minutes: 0.904",
        official("trec/train.csv", "trec/test.csv"),
        "label",
        backbone="minilm",
    ),
    Case(
        "sst2 from MiniLM",
        "5m",
        0.87,
        "Whet from scratch, 3 minutes: 0.847",
        official("sst2/train.csv", "sst2/test.csv"),
        "label",
        backbone="minilm",
    ),
    Case("adult", "3m", 0.874, "AutoGluon, 2 minutes: 0.8737", official("adult/train.csv", "adult/test.csv"), "income"),
    Case(
        "california_housing",
        "3m",
        45_500,
        "boosted trees 46,600 to 48,200",
        split_table("california_housing/housing.csv"),
        "median_house_value",
        "rmse",
    ),
    Case("sign_digits", "3m", 0.995, "fastai xresnet18, 2 minutes: 0.995", split_folder("sign_digits")),
    Case("cifar10", "10m", 0.88, "fastai xresnet18, 2 minutes: 0.51", official("cifar10/train", "cifar10/test")),
    Case("cifar10 longer", "30m", 0.91, "Whet in 10 minutes", official("cifar10/train", "cifar10/test")),
)


def measure(case: Case, data: Path, *, seed: int, keep: Path | None, extra: tuple[str, ...] = ()) -> dict[str, Any]:
    """Improve, predict, score; ``extra``: further arguments of ``whet improve``."""
    scratch = Path(tempfile.mkdtemp(prefix=f"whet-{case.name}-"))
    try:
        train, test = case.prepare(data, scratch)
        run = (keep / case.name) if keep else scratch / "run"
        command = [sys.executable, "-m", "whet", "improve", str(train), "--budget", case.budget, "--out", str(run)]
        command += ["--seed", str(seed), "--metric", case.metric, "--json"]
        command += ["--target", case.target] if case.target else []
        command += ["--backbone", case.backbone] if case.backbone else []
        command += extra
        begin = time.perf_counter()
        finished = subprocess.run(command, capture_output=True, text=True)
        seconds = time.perf_counter() - begin
        if finished.returncode:
            return {"name": case.name, "error": finished.stderr[-2000:]}
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
        summary = json.loads(finished.stdout)
        score, num_test = score_of(case, run, test, scratch / "predictions.csv")
        low, high = summary["test"]["low"], summary["test"]["high"]
        return {
            "name": case.name,
            "budget": case.budget,
            "goal": case.goal,
            "alternative": case.alternative,
            "metric": case.metric,
            "score": score,
            "num_test": num_test,
            "reached": score <= case.goal
            if case.metric == "rmse"
            else round(score, 3) >= case.goal,  # goals have 3 digits
            "sealed_test": summary["test"],
            "covered": low <= score <= high,
            "baseline": summary["baseline"],
            "seconds": round(seconds, 1),
            "seconds_counted": round(summary["seconds"], 1),
            "overrun": round(summary["seconds"] / summary["budget"] - 1, 3),
            "peak_gb": round(peak, 2),
            "seed": seed,
        }
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def score_of(case: Case, run: Path, test: Path, out: Path) -> tuple[float, int]:
    """Accuracy or RMSE of ``whet predict`` on the test part."""
    subprocess.run(
        [sys.executable, "-m", "whet", "predict", str(run / "model"), str(test), "--out", str(out)],
        check=True,
        capture_output=True,
    )
    predicted = pd.read_csv(out, dtype={"prediction": str, "file": str})
    truth = truth_of(case, test, predicted)
    if case.metric == "rmse":
        return float(np.sqrt(np.mean((predicted["prediction"].astype(float) - truth.astype(float)) ** 2))), len(truth)
    return float(np.mean(predicted["prediction"].to_numpy() == truth.to_numpy())), len(truth)


def truth_of(case: Case, test: Path, predicted: pd.DataFrame) -> pd.Series:
    """The labels, read without any code of Whet."""
    if test.is_dir():
        return predicted["file"].str.split("/").str[0]
    if test.suffix == ".csv":
        return pd.read_csv(test, dtype=str)[case.target].iloc[predicted["row"].to_numpy()].reset_index(drop=True)
    lines = [x for x in test.read_text().splitlines() if x.strip() and not x.startswith(("@", "#"))]
    return pd.Series([line.rsplit(":", 1)[1].strip() for line in lines])


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks figures")
    parser.add_argument("--data", type=Path, required=False)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder in which the runs are kept")
    options = parser.parse_args(arguments)
    if options.data is None:
        print("skipped: pass --data DIR with the data sets (benchmarks/README.md says which and where from)")
        return
    path = RESULTS / "figures.json"
    rows = {r["name"]: r for r in json.loads(path.read_text())["rows"]} if path.is_file() else {}
    for case in CASES:
        if options.only and case.name not in options.only:
            continue
        rows[case.name] = measure(case, options.data, seed=options.seed, keep=options.keep)
        print(json.dumps(rows[case.name]), flush=True)
        store("figures", {"rows": [rows[c.name] for c in CASES if c.name in rows]})
