"""Which wrong labels does the audit find, and what is a model worth once they are left out, put right or count less?

digits: scikit-learn's digits with 10 % uniform flips, several draws: recall and precision of the flagged set.
noise: trec and sign_digits with 20 % planted noise: a model trained on clean labels, on noisy ones, and after each
treatment, all scored on the same clean test examples; how much of the loss came back, with an interval over draws.
cifar10n: the aggregate human labels of CIFAR-10's training pictures against the clean ones: average precision of the
ranking, and recall where precision is 0.8. cleanlab, where it is installed, is given the same probabilities.
The last two need ``--data DIR``.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, precision_recall_curve

from benchmarks.paired import paired, summary
from benchmarks.storing import RESULTS, store
from whet.auditing.checks.label_errors import LabelErrors
from whet.auditing.labels.judging import judge_inspected, suspects
from whet.auditing.opening import open_inspection
from whet.auditing.quick import recipe_for
from whet.auditing.stopwatch import Stopwatch
from whet.auditing.treating import treat
from whet.data.dataset import Dataset
from whet.data.load import load
from whet.models.estimators.estimator import can_weigh, estimators
from whet.recipe import Length, Recipe, Treatment
from whet.tasks.classes import ClassTarget
from whet.tasks.task import task_for
from whet.training.fit import fit
from whet.training.fitted import FitSetting
from whet.training.gathering import gather_facts

SETS = ("trec", "trec network", "sign_digits")
TREATMENTS = ("drop_suspected_labels", "relabel_suspected_labels", "weaken_suspected_labels")


def flipped(labels: np.ndarray, share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Labels with ``share`` of them turned into another class, and which."""
    names = sorted(set(labels.tolist()))
    wrong = rng.random(len(labels)) < share
    steps = rng.integers(1, len(names), len(labels))
    codes = np.array([names.index(v) for v in labels])
    return np.array(names, dtype=object)[np.where(wrong, (codes + steps) % len(names), codes)], wrong


def judged(source: Any, wrong: np.ndarray, *, target: str | None, budget_s: float) -> dict[str, Any]:
    """Ranking and flagged set of the audit, beside cleanlab on the same probabilities."""
    start = time.monotonic()
    inspection = open_inspection(source, target=target, stopwatch=Stopwatch(budget_s=budget_s))
    noise = judge_inspected(inspection)
    rows = inspection.data.rows[inspection.quick.positions]
    flagged = np.zeros(len(rows), bool)
    flagged[suspects(noise, precision=LabelErrors().precision).lines] = True
    seconds = time.monotonic() - start
    true = wrong[rows]
    return {
        "wrong": int(true.sum()),
        "quick": inspection.quick.score.value,
        "seconds": round(seconds, 1),
        "whet": _figures(noise.wrong, flagged, true),
        "cleanlab": _cleanlab(inspection.quick.scores, inspection.quick.truth, true),
    }


def _figures(score: np.ndarray, flagged: np.ndarray, true: np.ndarray) -> dict[str, float]:
    precision, recall, _ = precision_recall_curve(true, score)
    return {
        "average_precision": round(float(average_precision_score(true, score)), 4),
        "recall_at_precision_0.8": round(float(recall[precision >= 0.8].max()), 4),
        "flagged": int(flagged.sum()),
        "recall": round(float((flagged & true).sum() / true.sum()), 4),
        "precision": round(float((flagged & true).sum() / max(flagged.sum(), 1)), 4),
    }


def _cleanlab(scores: np.ndarray, given: np.ndarray, true: np.ndarray) -> dict[str, float] | None:
    try:
        from cleanlab.filter import find_label_issues
        from cleanlab.rank import get_label_quality_scores
    except ImportError:
        return None
    flagged = np.asarray(find_label_issues(given, scores, n_jobs=1))
    return _figures(1 - np.asarray(get_label_quality_scores(given, scores)), flagged, true)


def digits(draws: int) -> dict[str, Any]:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.rint(bunch.images * 255 / 16).astype(np.uint8)
    names = bunch.target.astype(str).astype(object)
    rows = []
    for seed in range(draws):
        noisy, wrong = flipped(names, 0.1, np.random.default_rng(seed))
        rows.append(judged((pixels, noisy), wrong, target=None, budget_s=240))
        print("digits", seed, rows[-1], flush=True)
    means = {
        way: {k: summary([r[way][k] for r in rows]) for k in ("recall", "precision", "average_precision")}
        for way in ("whet", "cleanlab")
        if rows[0][way] is not None
    }
    return {"draws": rows, "means": means}


def cifar10n(data: Path, budget_s: float, most: int | None) -> dict[str, Any]:
    """The training pictures of CIFAR-10 with the labels that three people gave, by majority."""
    frame = pd.read_csv(data / "cifar10n" / "train.csv", dtype=str)
    table = pd.DataFrame({"image": frame["file"], "label": frame["aggregate"]})
    wrong = (frame["aggregate"] != frame["clean"]).to_numpy()
    if most is not None:
        some = np.sort(np.random.default_rng(0).choice(len(table), most, replace=False))
        table, wrong = table.iloc[some].reset_index(drop=True), wrong[some]
    path = data / "cifar10" / "train" / "aggregate.csv"
    table.to_csv(path, index=False)
    try:
        return judged(str(path), wrong, target="label", budget_s=budget_s)
    finally:
        path.unlink()


def noise(data: Path, draws: int, seconds: float, sets: list[str] | None) -> dict[str, Any]:
    result = {}
    for name in sets or SETS:
        rows = [_noise_draw(name, data, seed, seconds) for seed in range(draws)]
        lost = [r["clean"] - r["noisy"] for r in rows]
        steps = [t for t in TREATMENTS if t in rows[0]]
        back = {t: [(r[t] - r["noisy"]) / max(gone, 1e-9) for r, gone in zip(rows, lost)] for t in steps}
        result[name] = {
            "rows": rows,
            "gain": {t: paired([r[t] for r in rows], [r["noisy"] for r in rows]) for t in steps},
            "lost": summary(lost),
            "recovered": {t: paired(back[t], [0.0] * draws) for t in steps},
        }
        print(name, {k: v for k, v in result[name].items() if k != "rows"}, flush=True)
    return result


def _noise_draw(name: str, data: Path, seed: int, seconds: float) -> dict[str, float]:
    train, test = _split(name, data, seed)
    assert train.target is not None
    target = ClassTarget.fit(train.target)
    noisy, _ = flipped(train.target, 0.2, np.random.default_rng(100 + seed))
    spoilt = replace(train, target=noisy, fingerprint=f"{train.fingerprint}-{seed}")
    recipe = _recipe(name, train, target, seed, seconds)
    row = {"clean": _score(recipe, target, train, test), "noisy": _score(recipe, target, spoilt, test)}
    memory: dict[str, Any] = {}
    for step in TREATMENTS:
        if step == "weaken_suspected_labels" and not _can_weigh(recipe):
            continue
        start = time.monotonic()
        steps = (Treatment(name=step),)
        given = treat(spoilt, steps, target=target, metric="accuracy", seed=seed, memory=memory, seconds=seconds)
        row[step] = _score(recipe, target, given, test)
        print(name, seed, step, f"{len(given)} kept, {time.monotonic() - start:.0f} s", flush=True)
    print(name, seed, row, flush=True)
    return row


def _split(name: str, data: Path, seed: int) -> tuple[Dataset, Dataset]:
    if name.startswith("trec"):
        train = load(data / "trec" / "train.csv", target="label")
        return train, load(data / "trec" / "test.csv", schema=train.schema)
    whole = load(data / "sign_digits", image_size=32)
    order = np.random.default_rng(seed).permutation(len(whole))
    cut = int(0.7 * len(order))
    return whole.take(np.sort(order[:cut])), whole.take(np.sort(order[cut:]))


def _recipe(name: str, train: Dataset, target: ClassTarget, seed: int, seconds: float) -> Recipe:
    """What a user would train: networks long enough to learn labels by heart."""
    if name == "trec":
        return recipe_for(train, target, metric="accuracy", seconds=seconds, seed=seed)
    task = task_for(train.schema)
    facts = gather_facts(task, target, "accuracy", train, seed=seed)
    epochs = 60.0 if name == "sign_digits" else 20.0
    return replace(task.default(facts), length=Length(seconds=seconds, epochs=epochs), seed=seed)


def _can_weigh(recipe: Recipe) -> bool:
    return recipe.architecture not in estimators or can_weigh(recipe.architecture)


def _score(recipe: Recipe, target: ClassTarget, train: Dataset, test: Dataset) -> float:
    assert test.target is not None
    training = fit(recipe, target, train, None, setting=FitSetting(metric="accuracy"))
    return float((target.decode(training.fitted.scores(test)) == test.target).mean())


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks label_errors")
    parser.add_argument("--part", choices=["digits", "noise", "cifar10n"], action="append")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60.0, help="of one training, for noise")
    parser.add_argument("--budget", type=float, default=900.0, help="seconds, for cifar10n")
    parser.add_argument("--sets", choices=SETS, action="append", help="for noise; the others keep their stored result")
    parser.add_argument("--most", type=int, help="pictures of cifar10n, to try it")
    options = parser.parse_args(arguments)
    for part in options.part or ["digits", "noise", "cifar10n"]:
        if part != "digits" and options.data is None:
            print(f"{part} needs --data DIR; left out")
            continue
        if part == "digits":
            result = digits(options.draws)
        elif part == "noise":
            result = noise(options.data, options.draws, options.seconds, options.sets)
        else:
            result = cifar10n(options.data, options.budget, options.most)
        print(part, {k: v for k, v in result.items() if k not in ("draws", "rows")}, flush=True)
        if part == "noise":
            path = RESULTS / "label_errors_noise.json"
            stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
            result = {**{name: stored[name] for name in SETS if name in stored}, **result}
        if options.most is None:
            store(f"label_errors_{part}", result)
