"""How many labels does the audit doubt, and how many of these rightly, where its quick model is weak?

    python -m benchmarks doubted_labels --data DIR [--only NAME ...]

cifar10: 40,000 training pictures audited as ``whet improve`` does it, in a share of a short budget, with the clean
labels of CIFAR-10N, the aggregate ones of three people, and those of the first. trec, sst2, adult: parts of several
sizes, a share of whose labels is flipped. A check promises that 80 % of what it lists is wrong; it should hold that,
or keep silent. Only training parts are read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.label_errors import flipped
from benchmarks.storing import store
from whet.auditing.checks.label_errors import LabelErrors
from whet.auditing.inspection import Half, Inspection
from whet.auditing.labels.judging import judge_inspected, suspects
from whet.auditing.opening import open_inspection
from whet.auditing.stopwatch import Stopwatch
from whet.improving.looking_over import EXAMPLES_PER_S, LEAST_EXAMPLES

SECONDS = (9, 18, 36, 72)  # of an audit: what runs of 2.5, 5, 10 and 20 minutes give it
SIZES = (300, 1_000, 4_000, 12_000)
FLIPPED = (0.0, 0.05, 0.2)
TABLES = {"trec": "label", "sst2": "label", "adult": "income"}


@dataclass(frozen=True)
class Case:
    """Examples to audit, and which of their labels are wrong."""

    name: str
    inspection: Inspection
    wrong: np.ndarray  # by row of the source


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks doubted_labels")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", nargs="*", default=["cifar10", *TABLES])
    options = parser.parse_args(arguments)
    if options.data is None:
        print("skipped: pass --data DIR with the data sets (benchmarks/README.md says which and where from)")
        return
    rows = []
    for name in options.only:
        for case in pictures(options.data) if name == "cifar10" else parts(options.data, name):
            rows.append(row_of(case))
            print(rows[-1], flush=True)
            store("doubted_labels", {"rows": rows})


def row_of(case: Case) -> dict[str, Any]:
    inspection = case.inspection
    lines = suspects(judge_inspected(inspection), precision=LabelErrors().precision).lines
    positions = inspection.quick.positions
    is_said = len(lines) >= max(LabelErrors().fewest, LabelErrors().least * len(positions))
    wrong = case.wrong[inspection.data.rows[positions]]
    doubted = wrong[lines] if is_said else wrong[:0]
    return {
        "data": case.name,
        "examples": len(positions),
        "wrong": round(float(wrong.mean()), 4),
        "quick": round(inspection.quick.score.value, 4),
        "doubted": len(doubted),
        "rightly": round(float(doubted.mean()), 4) if len(doubted) else None,
        "recall": round(float(doubted.sum() / wrong.sum()), 4) if wrong.any() else None,
    }


def pictures(data: Path) -> Iterator[Case]:
    frame = pd.read_csv(data / "cifar10n" / "train.csv", dtype=str)
    some = np.sort(np.random.default_rng(0).choice(len(frame), 40_000, replace=False))
    for column in ("clean", "aggregate", "random1"):
        table = pd.DataFrame({"image": frame["file"], "label": frame[column]}).iloc[some].reset_index(drop=True)
        path = data / "cifar10" / "train" / "doubted.csv"
        table.to_csv(path, index=False)
        try:
            whole = open_inspection(str(path), target="label", stopwatch=Stopwatch(budget_s=1_000.0))
        finally:
            path.unlink()
        wrong = (frame[column] != frame["clean"]).to_numpy()[some]
        for seconds in SECONDS:
            most = max(LEAST_EXAMPLES, EXAMPLES_PER_S * seconds)
            short = replace(whole, stopwatch=Stopwatch(budget_s=seconds), most_examples=most)
            yield Case(f"cifar10, {column} labels, {seconds} s", short, wrong)


def parts(data: Path, name: str) -> Iterator[Case]:
    whole = open_inspection(str(data / name / "train.csv"), target=TABLES[name]).train
    assert whole.data.target is not None
    total = len(whole.data)
    for size in dict.fromkeys(min(size, total) for size in SIZES):
        part = whole.data.take(np.sort(np.random.default_rng(size).choice(total, size, replace=False)))
        assert part.target is not None
        for share in FLIPPED:
            labels, is_flipped = flipped(part.target, share, np.random.default_rng(7))
            spoilt = replace(part, target=labels, fingerprint=f"{part.fingerprint}-{share}")
            wrong = np.zeros(int(whole.data.rows.max()) + 1, bool)
            wrong[part.rows] = is_flipped
            half = Half(raw=whole.raw, data=spoilt)
            yield Case(
                f"{name}, {share:.0%} flipped", Inspection(train=half, stopwatch=Stopwatch(budget_s=40.0)), wrong
            )
