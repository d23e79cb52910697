"""What ``whet improve`` makes of the damaged table in docs/auditing-data.md: written units, two scales, placeholders.

python -m benchmarks damaged_table [--budget 2m]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import whet
from benchmarks.storing import store

NUM = 3_000


def patients() -> pd.DataFrame:
    """40 % of the weights with "kg", 15 % of the heights in metres, 12 % of the ages -999."""
    rng = np.random.default_rng(0)
    height, weight = rng.normal(170, 9, NUM).round(1), rng.normal(70, 11, NUM).round(1)
    age, smoker = rng.integers(18, 80, NUM).astype(float), rng.choice(["yes", "no"], NUM)
    burden = (weight / (height / 100) ** 2 - 24) / 4 + (age - 50) / 20 + 0.7 * (smoker == "yes")
    risk = np.where(burden + 0.4 * rng.normal(size=NUM) > 0.3, "high", "low")
    height[rng.random(NUM) < 0.15] /= 100
    age[rng.random(NUM) < 0.12] = -999
    written = [f"{w} kg" if r < 0.4 else str(w) for w, r in zip(weight, rng.random(NUM), strict=True)]
    return pd.DataFrame({"height": height, "weight": written, "age": age, "smoker": smoker, "risk": risk})


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks damaged_table")
    parser.add_argument("--budget", default="2m")
    budget = parser.parse_args(arguments).budget
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "patients.csv"
        patients().to_csv(path, index=False)
        run = whet.improve(path, target="risk", budget=budget, out=Path(folder) / "run")
        rows = [r for r in run.rows if r["stage"] in ("screen", "confirm", "test")]
        kept = ("stage", "change", "before", "after", "gain", "low", "high", "verdict")
        result = {"budget": budget, "test": run.summary["test"], "gain": run.summary["gain"]}
        result |= {"rows": [{k: r.get(k) for k in kept} for r in rows]}
    print(result)
    store("damaged_table", result)
