"""What ten minutes of masked modelling on unlabelled texts are worth to a text transformer with 500 labels.

    python -m benchmarks masked_pretraining --data DIR [--minutes 10] [--draws 5] [--labels 500]

DIR holds ``sst2|trec/{train,test}.csv`` with the columns text and label. The body is pretrained once on the training
texts of both, without labels. Each draw takes 500 labelled training texts of one of them and is tested on the official
test part: the same network with the same recipe, from scratch and from the backbone, and a linear model on n-grams, so
that one sees whether either is worth it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.paired import paired, summary
from benchmarks.storing import store
from whet.data.dataset import Dataset
from whet.data.load import load
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.opening import open_backbone
from whet.pretraining.plan import Plan
from whet.pretraining.pretrain import pretrain
from whet.recipe import Length, Recipe
from whet.tasks.classes import ClassTarget
from whet.tasks.text_recipes import text_transformer
from whet.training.fit import fit
from whet.training.fitted import FitSetting

SETS = ("sst2", "trec")
EPOCHS = 20.0  # of 500 labels: long enough that neither way gets better by more


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks masked_pretraining")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--labels", type=int, default=500)
    options = parser.parse_args(arguments)
    if options.data is None:
        print("skipped: pass --data DIR with sst2 and trec (benchmarks/README.md says where from)")
        return
    with tempfile.TemporaryDirectory(prefix="whet-masked-") as scratch:
        result = measure(options, Path(scratch) / "body")
    print(json.dumps(result), flush=True)
    store("masked_pretraining", result)


def measure(options: argparse.Namespace, body: Path) -> dict[str, Any]:
    """One pretraining, then all draws on both sets."""
    sources = [str(options.data / name / "train.csv") for name in SETS]
    plan = Plan(length=Length(seconds=60 * options.minutes, epochs=None), objective="masked")
    pretrain(sources, plan, out=body, say=print)
    about = json.loads((body / "backbone.json").read_text())
    rows = {}
    for name, source in zip(SETS, sources):
        begin = time.perf_counter()
        pool, test = load(source, target="label"), load(str(options.data / name / "test.csv"), target="label")
        scores: dict[str, list[float]] = {}
        for draw in range(options.draws):
            rows_of = np.random.default_rng([draw, 1]).permutation(len(pool))[: options.labels]
            train = pool.take(np.sort(rows_of))
            for way, recipe in ways(body, seed=draw).items():
                scores.setdefault(way, []).append(accuracy(recipe, train, pool, test))
        rows[name] = {
            "num_test": len(test),
            "scores": {way: summary(values) for way, values in scores.items()},
            "pretrained_minus_scratch": paired(scores["pretrained"], scores["scratch"]),
            "seconds": round(time.perf_counter() - begin, 1),
        }
    pretrained = {k: about[k] for k in ("lines", "seconds", "epochs", "num_parameters", "recipe")}
    return {"labels": options.labels, "epochs": EPOCHS, "pretrained": pretrained, "rows": rows}


def ways(body: Path, *, seed: int) -> dict[str, Recipe]:
    """The first two differ in the weights they start from, and in the vocabulary that comes with them."""
    found = open_backbone(str(body), finding=Finding())
    recipe = replace(
        text_transformer(), settings=found.settings, length=Length(epochs=EPOCHS), batch_size=32, seed=seed
    )
    return {
        "scratch": recipe,
        "pretrained": replace(recipe, backbone=str(body)),
        "linear on n-grams": Recipe(architecture="tfidf_linear", seed=seed),
    }


def accuracy(recipe: Recipe, train: Dataset, pool: Dataset, test: Dataset) -> float:
    """On all of ``test``; the classes are those of the whole pool, as a user would know them."""
    assert pool.target is not None
    assert test.target is not None
    target = ClassTarget.fit(pool.target)
    fitted = fit(recipe, target, train, None, setting=FitSetting(num_threads=1)).fitted
    return float(np.mean(fitted.scores(test).argmax(axis=1) == target.encode(test.target)))
