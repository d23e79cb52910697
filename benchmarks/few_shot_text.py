"""Ten labels a class: what a pretrained sentence encoder is worth on TREC, against everything from scratch.

    python -m benchmarks few_shot_text --data DIR [--draws 5] [--each 10]

DIR holds ``trec/{train,test}.csv``. Each draw takes ``each`` training questions of every class; every way is trained on
them alone and scored on the official test part. From scratch: every simple model and network that text tasks know, with
its own recipe; MiniLM is compared with the best of these on average, chosen with hindsight.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import whet.models  # noqa: F401  (fills the registry)
from benchmarks.paired import paired, summary
from benchmarks.storing import store
from whet.data.dataset import Dataset
from whet.data.load import load
from whet.models.architecture import architectures
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.opening import open_backbone
from whet.recipe import Recipe
from whet.remedies.few_shot import FewShot
from whet.remedies.fine_tuning import fine_tuned
from whet.remedies.frozen_features import FrozenFeatures
from whet.tasks.facts import BackboneFacts, Facts
from whet.tasks.target import Target
from whet.tasks.task import Task, task_for
from whet.training.fit import fit
from whet.training.fitted import FitSetting


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks few_shot_text")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--each", type=int, default=10, help="labels a class in a draw")
    options = parser.parse_args(arguments)
    if options.data is None:
        print("skipped: pass --data DIR with trec/train.csv (benchmarks/README.md says where from)")
        return
    pool = load(options.data / "trec/train.csv", target="label", task="classification")
    test = load(options.data / "trec/test.csv", schema=pool.schema)
    task = task_for(pool.schema)
    target = task.fit_target(pool.target)
    scores: dict[str, list[float]] = {}
    for draw in range(options.draws):
        train = drawn(pool, options.each, draw)
        for name, recipe in ways(task, target, len(train), options.each, seed=draw).items():
            fitted = fit(recipe, target, train, None, setting=FitSetting(num_threads=1)).fitted
            right = fitted.scores(test).argmax(axis=1) == target.encode(test.target)
            scores.setdefault(name, []).append(float(right.mean()))
            print(draw, name, round(scores[name][-1], 4), flush=True)
    store("few_shot_text", {"row": row_of(scores, options)})


def row_of(scores: dict[str, list[float]], options: argparse.Namespace) -> dict[str, Any]:
    from_scratch = [name for name in scores if "MiniLM" not in name]
    best = max(from_scratch, key=lambda name: float(np.mean(scores[name])))
    return {
        "each": options.each,
        "draws": options.draws,
        "best_from_scratch": best,
        "scores": {name: summary(values) for name, values in scores.items()},
        "differences": {n: paired(v, scores[best]) for n, v in scores.items() if n not in from_scratch},
    }


def drawn(pool: Dataset, each: int, draw: int) -> Dataset:
    """``each`` questions of every class."""
    rng = np.random.default_rng([draw, 2])
    rows = [rng.choice(np.flatnonzero(pool.target == name), each, replace=False) for name in np.unique(pool.target)]
    return pool.take(np.sort(np.concatenate(rows)))


def ways(task: Task, target: Target, num_train: int, each: int, *, seed: int) -> dict[str, Recipe]:
    """By name for people."""
    found = open_backbone("minilm", finding=Finding())
    body = BackboneFacts(
        source="minilm", architecture=found.architecture, title="MiniLM", num_parameters=found.about.num_parameters
    )
    facts = Facts(
        modality=task.modality,
        target=target,
        metric="accuracy",
        num_train=num_train,
        class_counts=(each,) * target.num_outputs,
        backbone=body,
    )
    plain = [*task.baselines(facts)[1:], *task.members(facts), task.default(facts), *task.alternatives(facts)]
    plain += [
        r for _, cls in architectures.items() if cls.modality == task.modality for r in cls.recipes(facts).values()
    ]
    named = {f"{r.architecture} {r.settings.get('cell', '')}{'pieces' if r.encoding else ''}".strip(): r for r in plain}
    longer = {
        n: replace(r, length=replace(r.length, epochs=4 * (r.length.epochs or 10)), batch_size=16)
        for n, r in named.items()
        if r.architecture in architectures
    }  # fmt: skip  (60 texts: more passes)
    return {
        **{n: replace(r, seed=seed) for n, r in {**named, **longer}.items()},
        "MiniLM, frozen features": replace(FrozenFeatures().propose(plain[0], facts)[0][1], seed=seed),
        "MiniLM, fine-tuned": fine_tuned(body, facts, epochs=3.0, seed=seed),
        "MiniLM, contrastive few-shot": replace(
            FewShot().propose(Recipe(architecture="majority"), facts)[0][1], seed=seed
        ),
    }
