"""Twenty pictures a class: what a backbone pretrained on other classes of the same kind of picture is worth.

    python -m benchmarks transfer_pictures --data DIR [--minutes 10] [--draws 10] [--objective auto]

DIR holds ``cifar10/{train,test}/<class>/*``. The body is pretrained on the training pictures of eight classes; each
draw then takes 20 training pictures of ship and of truck, which the body has never seen, and is tested on all official
test pictures of these two. From scratch: the same network with the recipe of image tasks, shorter and longer, and
logistic regression on gradient histograms; the backbone is compared with the best of these on average.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.paired import paired, summary
from benchmarks.storing import RESULTS, store
from whet.data.dataset import Dataset
from whet.data.load import load
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.opening import open_backbone
from whet.pretraining.plan import Plan
from whet.pretraining.pretrain import pretrain
from whet.recipe import Length, Recipe
from whet.remedies.fine_tuning import fine_tuned
from whet.tasks.classes import ClassTarget
from whet.tasks.facts import BackboneFacts, Facts
from whet.tasks.image_recipes import convnet
from whet.training.fit import fit
from whet.training.fitted import FitSetting

NEW = ("ship", "truck")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks transfer_pictures")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--each", type=int, default=20, help="pictures a class in a draw")
    parser.add_argument(
        "--most", type=int, default=None, help="pictures a class, of pretraining and test: a quick look"
    )
    parser.add_argument("--objective", default="auto")
    options = parser.parse_args(arguments)
    if options.data is None:
        print("skipped: pass --data DIR with cifar10 in class folders (benchmarks/README.md says where from)")
        return
    with tempfile.TemporaryDirectory(prefix="whet-transfer-") as scratch:
        row = measure(options, Path(scratch))
    print(json.dumps(row), flush=True)
    path = RESULTS / "transfer_pictures.json"
    rows = json.loads(path.read_text())["rows"] if path.is_file() else {}
    store("transfer_pictures", {"rows": {**rows, row["objective"]: row}})


def measure(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """One pretraining, then all draws."""
    old = linked(options.data / "cifar10/train", scratch / "old", is_new=False, most=options.most)
    pool = load(linked(options.data / "cifar10/train", scratch / "pool", is_new=True, most=None))
    test = load(linked(options.data / "cifar10/test", scratch / "test", is_new=True, most=options.most))
    body = scratch / "body"
    plan = Plan(length=Length(seconds=60 * options.minutes, epochs=None), objective=options.objective)
    pretrain([old], plan, out=body, say=print)
    about = json.loads((body / "backbone.json").read_text())
    scores: dict[str, list[float]] = {}
    begin = time.perf_counter()
    for draw in range(options.draws):
        train = drawn(pool, options.each, draw)
        for name, recipe in ways(train, body, seed=draw).items():
            scores.setdefault(name, []).append(accuracy(recipe, train, test))
    scratch_ways = [name for name in scores if "scratch" in name]
    best = max(scratch_ways, key=lambda name: float(np.mean(scores[name])))
    return {
        "objective": about["objective"],
        "pretrained": {k: about[k] for k in ("lines", "seconds", "epochs", "num_parameters", "recipe")},
        "num_train": 2 * options.each,
        "num_test": len(test),
        "best_from_scratch": best,
        "scores": {name: summary(values) for name, values in scores.items()},
        "differences": {n: paired(v, scores[best]) for n, v in scores.items() if n not in scratch_ways},
        "seconds_of_draws": round(time.perf_counter() - begin, 1),
    }


def linked(source: Path, folder: Path, *, is_new: bool, most: int | None) -> Path:
    """A folder of the classes in ``NEW``, or of all others."""
    for place in sorted(p for p in source.iterdir() if p.is_dir() and (p.name in NEW) == is_new):
        (folder / place.name).mkdir(parents=True)
        for file in sorted(place.iterdir())[:most]:
            (folder / place.name / file.name).symlink_to(file.resolve())
    return folder


def drawn(pool: Dataset, each: int, draw: int) -> Dataset:
    """``each`` pictures of every class."""
    assert pool.target is not None
    rng = np.random.default_rng([draw, 1])
    rows = [rng.choice(np.flatnonzero(pool.target == name), each, replace=False) for name in NEW]
    return pool.take(np.sort(np.concatenate(rows)))


def ways(train: Dataset, body: Path, *, seed: int) -> dict[str, Recipe]:
    """What is compared; flips are allowed everywhere, because ships and trucks have two sides."""
    found = open_backbone(str(body), finding=Finding())
    about = BackboneFacts(
        source=str(body),
        architecture=found.architecture,
        settings=found.settings,
        num_parameters=found.about.num_parameters,
    )
    facts = Facts(
        modality=train.schema.modality,
        target=ClassTarget(NEW),
        metric="accuracy",
        num_train=len(train),
        class_counts=(len(train) // 2,) * 2,
        image_size=train.schema.features[0].image_size,
        flip_is_safe=True,
        backbone=about,
    )
    plain = replace(convnet(facts), seed=seed, batch_size=16)
    long: Callable[[float], Recipe] = lambda epochs: replace(plain, length=Length(epochs=epochs))  # noqa: E731
    return {
        "convnet from scratch, 20 epochs": long(20.0),
        "convnet from scratch, 60 epochs": long(60.0),
        "HOG and logistic regression, from scratch": Recipe(architecture="hog_linear", seed=seed),
        "fine-tuned": fine_tuned(about, facts, epochs=4.0, seed=seed),
        "frozen features and a linear head": Recipe(
            architecture="frozen_features", settings={"backbone": str(body)}, seed=seed
        ),
    }


def accuracy(recipe: Recipe, train: Dataset, test: Dataset) -> float:
    """On all of ``test``."""
    assert test.target is not None
    target = ClassTarget(NEW)
    fitted = fit(recipe, target, train, None, setting=FitSetting(num_threads=1)).fitted
    return float(np.mean(fitted.scores(test).argmax(axis=1) == target.encode(test.target)))
