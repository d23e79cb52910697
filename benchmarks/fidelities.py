"""Do cheap looks rank configurations as full trainings do, and what do they cost?

    python -m benchmarks fidelities [--quick]

Random configurations of the default space are trained in full and at a third by each kind of look, as ``whet tune
--method halving --fidelity KIND`` would; each with two seeds. Per kind and seed: Spearman's rank correlation of the
validation scores with those of full trainings of the same seed, and processor time as a share of theirs. The line "full
again" ranks full trainings of one seed by those of the other: looks, which have their full training's seed, can hardly
do better.

Data: drawn digits (see ``drawn_digits``; pictures of 20 x 20) and a made table; nothing is downloaded.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.stats import spearmanr

import whet.tuning.running  # noqa: F401  (fills the registries)
from benchmarks.drawn_digits import drawn_digits
from benchmarks.storing import store
from whet.errors import ConfigError, ShapeError, TrainingFailedError
from whet.improving.arena import hold_out
from whet.improving.clock import Clock
from whet.improving.equipping import fit_setting, new_trials
from whet.improving.folder import RunFolder
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.prepare import Prepared, prepare
from whet.ledger.records import Ledger
from whet.recipe import Recipe
from whet.rng import make_numpy_generator
from whet.search.default_space import default_space
from whet.search.fidelity import Look, fidelities
from whet.search.fields import changed
from whet.search.method import Setup, draw_fresh
from whet.search.tried import Tried
from whet.tuning.looks import Looks

CONFIGURATIONS, SEEDS, SHARE, LEAST_PAIRS = 16, 2, 1 / 3, 4
KINDS = ("length", "examples", "pictures", "width")
Scored = list[tuple[float | None, float]]  # per configuration: score, and seconds of processor time


def run(task: Task, *, configurations: int = CONFIGURATIONS, seeds: int = SEEDS) -> list[dict[str, Any]]:
    """One row per kind."""
    values = task.drawn(configurations)
    full = [task.trained(values, seed, None) for seed in range(seeds)]
    rows = [_row("full again", list(zip(full, full[1:] + full[:1], strict=True)))]
    for kind in KINDS:
        if task.allows(kind):
            rows.append(_row(kind, [(task.trained(values, seed, kind), full[seed]) for seed in range(seeds)]))
            print(f"  {task.name:8} {rows[-1]}", flush=True)
    return rows


def _row(kind: str, pairs: list[tuple[Scored, Scored]]) -> dict[str, Any]:
    """Spearman per seed; cost over configurations that both sides trained."""
    kept = [[(a, b) for a, b in zip(low, full, strict=True) if None not in (a[0], b[0])] for low, full in pairs]
    rank = [float(spearmanr([(a[0], b[0]) for a, b in each]).statistic) for each in kept if len(each) >= LEAST_PAIRS]
    low_s, full_s = (sum(pair[side][1] for each in kept for pair in each) for side in (0, 1))
    return {
        "kind": kind,
        "spearman": [round(value, 3) for value in rank],
        "num": [len(each) for each in kept],
        "cost": round(low_s / full_s, 3),
    }


class Task:
    """One source, prepared as a tuning would, and what is trained on it."""

    def __init__(self, name: str, source: object, folder: Path, *, start: Callable[[Recipe], Recipe], **given: Any):
        self.name, self.options = name, Options(budget_s=None, epochs=1.0, **given)
        self.folder = RunFolder.create(folder, source=name, resumable=False, options=self.options, command="")
        self.prepared = self._prepared(source)
        self.base = start(self.prepared.default_recipe())
        self.space = default_space(self.base, self.prepared.facts)

    def _prepared(self, source: object) -> Prepared:
        ledger = Ledger(self.folder.ledger)
        try:
            return prepare(source, self.options, self.folder, ledger, Clock(None), say=lambda line: None)
        finally:
            ledger.close()

    def drawn(self, count: int) -> list[dict[str, Any]]:
        """Random values; the same for every kind and seed."""
        setup = Setup(space=self.space, higher_is_better=self.prepared.metric.higher_is_better, seed=0)
        found: list[Tried] = []
        for number in range(count):
            values = draw_fresh(setup, found)
            assert values is not None
            found.append(Tried(number=number, values=values, state="complete", digest=""))
        return [dict(tried.values) for tried in found]

    def allows(self, kind: str) -> bool:
        """Whether such looks can be had at these data."""
        try:
            fidelities[kind].check(self.base, self.prepared.facts)
        except ConfigError:
            return False
        return True

    def trained(self, values: list[dict[str, Any]], seed: int, kind: str | None) -> Scored:
        """Every configuration at a third by ``kind``, or in full."""
        looks = Looks(kind=fidelities[kind or "length"], prepared=self.prepared, seed=0)
        return [self._trained(looks, self._look(changed(self.base, each), kind), seed) for each in values]

    def _look(self, recipe: Recipe, kind: str | None) -> Look:
        return Look(recipe=recipe) if kind is None else fidelities[kind].look(recipe, SHARE, self.prepared.facts)

    def _trained(self, looks: Looks, look: Look, seed: int) -> tuple[float | None, float]:
        sign = 1.0 if self.prepared.metric.higher_is_better else -1.0
        prepared, arena = looks.prepared_for(look), looks.arena(hold_out(self.prepared), look)
        setting = fit_setting(prepared, self.options, self.folder, Clock(None), Observer(), lambda: False)
        trials = new_trials(prepared, self.options, self.folder, replace(setting, num_threads=1))
        begin = time.process_time()
        try:
            score: float | None = sign * trials.run(arena, look.recipe, title=look.digest(), repeat=seed).score
        except (TrainingFailedError, ConfigError, ShapeError):
            score = None
        return score, time.process_time() - begin


def digits(folder: Path) -> Task:
    """640 pictures, and a convolutional network narrow enough for many trainings."""
    drawn = drawn_digits(640, 1)
    source = (drawn["train"], drawn["train_labels"])

    def start(recipe: Recipe) -> Recipe:
        return _short(recipe.with_settings(widths=[16, 24, 32]), epochs=3.0)

    return Task("digits", source, folder, start=start, image_size=20)


def table(folder: Path) -> Task:
    """1,500 rows of ten numbers, two of which mean nothing, and a class that depends on products and a threshold."""
    generator = make_numpy_generator(0, "fidelities", "table")
    x = generator.normal(size=(1_500, 10))
    signal = (
        x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + (x[:, 3] > 0.5) - 0.5 * x[:, 4] ** 2 + x[:, 5:8] @ [0.3, -0.3, 0.2]
    )
    noisy = signal + 0.5 * generator.normal(size=len(x))
    frame = pd.DataFrame(x, columns=[f"x{n}" for n in range(10)])
    frame["y"] = np.array(["low", "middle", "high"])[np.searchsorted(np.quantile(noisy, [1 / 3, 2 / 3]), noisy)]

    def start(recipe: Recipe) -> Recipe:
        plain = replace(recipe, architecture="mlp", settings={"width": 128}, encoding={"crosses": 0})
        return _short(plain, epochs=8.0)  # looking for crosses would take longer than these trainings

    return Task("table", frame, folder, start=start, target="y")


def _short(recipe: Recipe, *, epochs: float) -> Recipe:
    """So many epochs of large batches: the benchmark trains some two hundred times."""
    return replace(recipe, length=replace(recipe.length, seconds=None, epochs=epochs), batch_size=128)


TASKS = {"digits": digits, "table": table}


def main(arguments: list[str]) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fidelities")
    parser.add_argument("--quick", action="store_true", help="one seed, four configurations, nothing stored")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    begin, results = time.process_time(), {}
    for name, make in TASKS.items():
        with tempfile.TemporaryDirectory(prefix="whet-") as scratch:
            task = make(Path(scratch) / "run")
            results[name] = run(task, configurations=4, seeds=1) if given.quick else run(task)
    print(f"  {time.process_time() - begin:.0f} s of processor time")
    if not given.quick:
        store(
            "fidelities",
            {"tasks": results, "configurations": CONFIGURATIONS, "seeds": SEEDS, "share": round(SHARE, 4),
             "processor_s": round(time.process_time() - begin)},
        )  # fmt: skip
