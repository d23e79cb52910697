"""Is the forecast of what more examples bring true? Half of real data is hidden, forecast, and then shown.

Each curve trains a cheap recipe on 1/16, 1/8, 1/4 and 1/2 of a training part, forecasts the score on all of it, and
trains on all of it. Goal: at most 1 point off (for numbers 1 % of the error) in at least 80 % of the curves.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits

from benchmarks.storing import store
from whet.auditing.checks.more_data import TYPICAL_ERROR
from whet.auditing.inspection import Inspection
from whet.auditing.learning_curve import learning_curve
from whet.auditing.opening import open_inspection
from whet.auditing.quick import Quick
from whet.data.splits import folds
from whet.evaluation.extrapolation import forecast
from whet.evaluation.intervals import Interval
from whet.recipe import Length
from whet.rng import make_numpy_generator
from whet.tasks.task import task_for
from whet.training.gathering import gather_facts

PLAN = ((1 / 16, 3), (1 / 8, 3), (1 / 4, 3), (1 / 2, 1))  # of what a fold trains on, in three folds
TOLERANCE = 0.01
SETS: dict[str, tuple[str, str | None, int | None]] = {  # file, target, rows kept
    "adult": ("adult/train.csv", "income", None),
    "adult, 4,000 rows": ("adult/train.csv", "income", 4_000),
    "california_housing": ("california_housing/housing.csv", "median_house_value", None),
    "california_housing, 4,000 rows": ("california_housing/housing.csv", "median_house_value", 4_000),
    "trec": ("trec/train.csv", "label", None),
    "sst2": ("sst2/train.csv", "label", None),
    "sign_digits": ("sign_digits", None, None),
    "ItalyPowerDemand": ("ucr/ItalyPowerDemand/ItalyPowerDemand_TEST.ts", None, None),
    "cifar10, 6,000 pictures": ("cifar10/train", None, 6_000),
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks more_data")
    parser.add_argument("--data", type=Path, help="folder of the data sets; without it only scikit-learn's own")
    parser.add_argument("--only", nargs="*", help="names of data sets")
    options = parser.parse_args(arguments)
    rows = []
    for name, (file, target, most) in SETS.items():
        if options.data is not None and (not options.only or name in options.only):
            rows += one_curve(name, open_inspection(options.data / file, target=target), most)
    if not options.only or "digits" in options.only:
        digits = load_digits()
        pictures = (digits.images * (255 / 16)).round().astype(np.uint8)
        rows += one_curve("digits", open_inspection((pictures, digits.target.astype(str))), None)
        cancer = load_breast_cancer(as_frame=True).frame.astype({"target": str})
        rows += one_curve("breast_cancer", open_inspection(cancer, target="target"), None)
    told = [row for row in rows if not row["refusal"]]
    right = [abs(row["error"]) <= TOLERANCE for row in told]
    held = sum(row["low"] <= row["gain"] <= row["high"] for row in told)
    print(f"the band held {held} of {len(told)}")
    print(f"{len(rows)} curves, {len(rows) - len(told)} refused; within a point: {sum(right)} of {len(told)}")
    if not options.only and options.data is not None:
        store("more_data", {"rows": rows, "told": len(told), "within_a_point": sum(right)})


def one_curve(name: str, inspection: Inspection, most: int | None) -> list[dict[str, Any]]:
    """One row: what was forecast for all of the training part, and what came."""
    inspection.__dict__["quick"] = untrained(inspection, most)  # the cheap recipe; cached_property keeps it
    seen = learning_curve(inspection, PLAN, num_parts=3)
    truth = learning_curve(inspection, ((1.0, 1),), num_parts=3)
    points, size = seen.points(), truth.points()[0].size
    scale = 1.0 if inspection.metric.unit == "fraction" else points[-1].loss
    told = forecast(
        points,
        size,
        guessing=seen.guessing,
        tolerance=TOLERANCE * scale,
        typical_error=TYPICAL_ERROR * scale,
        seed_generator=make_numpy_generator(0, "forecast"),
    )
    came = points[-1].loss - truth.points()[0].loss
    row = {
        "data": name,
        "metric": inspection.metric.name,
        "examples": int(size),
        "losses": [p.loss for p in points],
        "gain": came / scale,
        "forecast": told.gain.value / scale,
        "low": told.gain.low / scale,
        "high": told.gain.high / scale,
        "error": (told.gain.value - came) / scale,
        "missed_when_hidden": told.missed / scale,
        "refusal": told.refusal,
    }
    print({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}, flush=True)
    return [row]


def untrained(inspection: Inspection, most: int | None) -> Quick:
    """What the curve needs of a quick model: the cheapest good recipe, and folds over (a sample of) the examples."""
    assert inspection.target is not None
    positions = inspection.sample(most or len(inspection.data), "more data")
    some, task = inspection.data.take(positions), task_for(inspection.data.schema)
    facts = gather_facts(task, inspection.target, inspection.metric.name, some, seed=0)
    recipe = replace(task.baselines(facts)[-1], length=Length(seconds=600.0, epochs=None))
    clusters = np.arange(len(some))
    return Quick(
        title=recipe.architecture,
        recipe=recipe,
        positions=positions,
        truth=inspection.truth[positions],
        scores=np.zeros((len(some), inspection.target.num_outputs)),
        fold=np.zeros(len(some), dtype=np.int64),
        clusters=clusters,
        parts=tuple(folds(some, clusters, num_folds=3, repeats=1, seed=0)),
        score=Interval(0.0, 0.0, 0.0),
        seconds=0.0,
    )
