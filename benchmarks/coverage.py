"""Does the test interval in summary.json cover the score of the delivered model on fresh examples?

Sixty small runs on synthetic tables and on pieces of scikit-learn's digits: a run sees a small part, and the fresh
part, which it never sees, is large enough that its score is nearly the truth. At least 93 % must be covered.
"""

from __future__ import annotations

import argparse
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits, make_classification

import whet
from benchmarks.storing import store


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks coverage")
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--budget", default="10s")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(one_run, range(options.runs), [options.budget] * options.runs))
    covered = float(np.mean([row["covered"] for row in rows]))
    overrun = max(row["overrun"] for row in rows)
    print(f"covered {covered:.3f} of {len(rows)} runs; largest overrun {100 * overrun:.1f} %")
    store("coverage", {"covered": covered, "runs": len(rows), "largest_overrun": overrun, "rows": rows})


def one_run(seed: int, budget: str) -> dict[str, Any]:
    train, fresh, target = table(seed) if seed % 2 else digits(seed)
    with tempfile.TemporaryDirectory() as folder:
        run = whet.improve(train, target=target, budget=budget, out=Path(folder) / "run", seed=seed, metric="accuracy")
        test, summary = run.summary["test"], run.summary
        score = whet.evaluate(run.model, fresh)["score"]
    row = {
        "seed": seed,
        "score": score,
        "low": test["low"],
        "high": test["high"],
        "n": test["n"],
        "covered": bool(test["low"] <= score <= test["high"]),
        "overrun": summary["seconds"] / summary["budget"] - 1,
    }
    print(row, flush=True)
    return row


def table(seed: int) -> tuple[Any, Any, str | None]:
    """600 rows of a noisy table, 20,000 fresh ones."""
    x, y = make_classification(
        20_600, n_features=12, n_informative=6, n_redundant=2, flip_y=0.1, class_sep=0.8, random_state=seed
    )
    frame = pd.DataFrame(x, columns=[f"c{i}" for i in range(12)])
    frame["y"] = np.where(y, "yes", "no")
    return frame.iloc[:600], frame.iloc[600:].reset_index(drop=True), "y"


def digits(seed: int) -> tuple[Any, Any, str | None]:
    """500 digits, the other 1,297 fresh."""
    data = load_digits()
    order = np.random.default_rng(seed).permutation(len(data.target))
    pictures = (data.images * (255 / 16)).round().astype(np.uint8)[order]
    labels = data.target[order].astype(str)
    return (pictures[:500], labels[:500]), (pictures[500:], labels[500:]), None
