"""Seconds of training to an accuracy: the default recipe as it was first measured, and as it is now.

    python -m benchmarks time_to_accuracy [--data DIR] [--only cifar10|digits] [--longest 600] [--cpu]

DIR holds ``cifar10/{train,test}/<class>/*``; without it only the drawn digits run (``drawn_digits.py`` says what they
are). A training is given so many seconds, twice as many each time, and its schedule ends with them; the seconds to an
accuracy are read off the line between the two lengths around it, on a logarithmic scale. Everything is inside these
seconds: encoding, choosing a precision, training. ``--cpu`` counts processor seconds of one thread, which other work
on the machine disturbs least; without it the wall clock counts and the trainer chooses its threads.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import whet.tasks.image_classification  # noqa: F401  (registers the task)
from benchmarks.drawn_digits import drawn_digits
from benchmarks.storing import store
from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.data.load import load
from whet.recipe import Length, Recipe, Resizing
from whet.tasks.classes import ClassTarget
from whet.tasks.facts import Facts
from whet.tasks.image_recipes import convnet
from whet.tasks.task import tasks
from whet.training.fitted import FitSetting
from whet.training.network import fit_network

FIRST_S = {"cifar10": 15.0, "digits": 2.0}  # seconds of the shortest training


@dataclass(frozen=True)
class Case:
    """A data set and the accuracies to reach."""

    name: str
    train: Dataset
    test: Dataset
    goals: tuple[float, ...]
    flip_is_safe: bool


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks time_to_accuracy")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", choices=["cifar10", "digits"])
    parser.add_argument("--longest", type=float, default=600.0, help="seconds of the longest training")
    parser.add_argument("--cpu", action="store_true")
    options = parser.parse_args(arguments)
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="whet-time-") as scratch:
        for case in cases(options, Path(scratch)):
            for name, change in WAYS.items():
                rows[f"{case.name}, {name}"] = row = measure(case, change, options)
                print(json.dumps({"case": case.name, "recipe": name, **row}), flush=True)
    store("time_to_accuracy", {"clock": "processor" if options.cpu else "wall", "rows": rows})


def cases(options: argparse.Namespace, scratch: Path) -> list[Case]:
    found = []
    if options.only != "digits" and options.data is not None:
        train, test = (load(options.data / "cifar10" / part, cache=scratch) for part in ("train", "test"))
        found.append(Case("cifar10", train, test, (0.8, 0.9), True))
    if options.only != "cifar10":
        drawn = drawn_digits()
        train, test = (load((drawn[part], drawn[f"{part}_labels"])) for part in ("train", "test"))
        found.append(Case("digits", train, test, (0.99,), False))
    return found


def as_first_measured(recipe: Recipe) -> Recipe:
    """What the default recipe was before this benchmark: full size from the first step, half the rate."""
    return replace(recipe, resizing=Resizing(), optimiser=replace(recipe.optimiser, lr=0.1))


WAYS: dict[str, Callable[[Recipe], Recipe]] = {"first measured": as_first_measured, "now": lambda recipe: recipe}


def measure(case: Case, change: Callable[[Recipe], Recipe], options: argparse.Namespace) -> dict[str, Any]:
    """Accuracies of longer and longer trainings, until the highest goal is reached or the time is up."""
    assert case.train.target is not None
    target, curve = ClassTarget.fit(case.train.target), list[dict[str, float]]()
    facts, seconds = facts_of(case, target), FIRST_S[case.name]
    while seconds <= options.longest and (not curve or curve[-1]["accuracy"] < max(case.goals)):
        recipe = change(tasks["image_classification"].sized(convnet(facts), facts, seconds=seconds))
        curve.append(one(case, replace(recipe, length=Length(seconds=seconds, epochs=None)), target, options.cpu))
        if facts.epoch_s is None:
            facts = replace(facts, epoch_s=seconds / max(0.01, curve[0]["epochs"]))
        seconds *= 2
    return {"curve": curve, "seconds_to": {f"{goal:.2f}": reached(curve, goal) for goal in case.goals}}


def one(case: Case, recipe: Recipe, target: ClassTarget, is_cpu: bool) -> dict[str, float]:
    clock = time.process_time if is_cpu else time.perf_counter
    setting = FitSetting(num_threads=1) if is_cpu else FitSetting()
    begin = clock()
    training = fit_network(recipe, target, case.train, None, setting=setting, now=clock)
    taken = clock() - begin
    assert case.test.target is not None
    right = training.fitted.scores(case.test).argmax(axis=1) == target.encode(case.test.target)
    return {"seconds": round(taken, 2), "epochs": round(training.epochs, 3), "accuracy": float(np.mean(right))}


def reached(curve: list[dict[str, float]], goal: float) -> float | None:
    """Seconds to the accuracy; None where no training was long enough."""
    for before, after in zip([None, *curve], curve):
        if after["accuracy"] < goal:
            continue
        if before is None:
            return after["seconds"]
        share = (goal - before["accuracy"]) / (after["accuracy"] - before["accuracy"])
        low, high = math.log(before["seconds"]), math.log(after["seconds"])
        return round(math.exp(low + share * (high - low)), 1)
    return None


def facts_of(case: Case, target: ClassTarget) -> Facts:
    return Facts(
        modality=Modality.IMAGE,
        target=target,
        metric="accuracy",
        num_train=len(case.train),
        image_size=case.train.schema.features[0].image_size,
        flip_is_safe=case.flip_is_safe,
    )
