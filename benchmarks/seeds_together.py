"""Three seeds of a small perceptron in one loop over one seed alone: the ratio of processor time per step.

    python -m benchmarks seeds_together [--quick]

Random tables, one thread, rounds in turn; each training is assembled before the watch starts, and the watch covers
everything after: writing down the stacked operations, steps, checks. Goal: at most 1.6; trainings one after the other
take 3. ``refused`` says why the fixed rule of ``together_reasons`` would train that size apart.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

import whet.models  # noqa: F401  (registers the architectures)
from benchmarks.own_process import cpu_seconds
from benchmarks.storing import store
from whet.data.inputs import DensePart, Inputs, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import build
from whet.recipe import Length, Recipe
from whet.tasks.classes import ClassTarget
from whet.training.assemble import assemble
from whet.training.clock import TrainingClock
from whet.training.fitted import FitSetting
from whet.training.loop import Loop
from whet.training.objective import Supervised
from whet.training.prepare import Prepared
from whet.training.threads import using_threads
from whet.training.together_loop import StackLoop
from whet.training.together_reasons import why_too_large
from whet.training.together_stack import Stack
from whet.training.together_stepper import StackStepper

NUM_EXAMPLES, NUM_COLUMNS, NUM_CLASSES, SEEDS = 8192, 10, 10, 3
GOAL = 1.6


@dataclass(frozen=True)
class Size:
    """Of the perceptron of three layers and of its batches."""

    width: int
    batch_size: int
    dropout: float


SIZES = (Size(32, 32, 0.0), Size(32, 64, 0.1), Size(64, 32, 0.1), Size(64, 64, 0.1))


def main(arguments: list[str]) -> None:
    """``--quick``: fewer rounds and steps, and nothing is stored."""
    quick = "--quick" in arguments
    with using_threads(1):
        rows = [compare(size, steps=40 if quick else 250, rounds=1 if quick else 5) for size in SIZES]
    summary = {"goal": GOAL, "passed": all(row["ratio"] <= GOAL for row in rows if not row["refused"]), "rows": rows}
    print(json.dumps(summary, indent=2))
    if not quick:
        store("seeds_together", summary)


def compare(size: Size, *, steps: int, rounds: int) -> dict[str, Any]:
    """Milliseconds per step of one and of three, and the median of the rounds' ratios."""
    alone: list[float] = []
    together: list[float] = []
    for number in range(rounds + 1):  # the first warms up
        for taken, count in ((alone, 1), (together, SEEDS))[:: 1 if number % 2 else -1]:
            taken.append(1e3 * timed(size, count, steps) / steps)
    ratio = statistics.median(b / a for a, b in zip(alone[1:], together[1:], strict=True))
    return {
        **vars(size),
        "one_ms": round(statistics.median(alone[1:]), 4),
        "three_ms": round(statistics.median(together[1:]), 4),
        "ratio": round(ratio, 3),
        "refused": why_too_large(prepared(size, 0), size.batch_size),
    }


def timed(size: Size, count: int, steps: int) -> float:
    """Processor seconds of so many seeds."""
    length = Length(epochs=steps * size.batch_size / NUM_EXAMPLES)
    recipe, clock = Recipe(architecture="mlp", length=length, batch_size=size.batch_size), TrainingClock(length)
    setting = FitSetting(num_threads=1)
    loops = [
        assemble(replace(recipe, seed=s), prepared(size, s), None, clock=clock, setting=setting, checkpoint=None)
        for s in range(count)
    ]
    loop = loops[0] if count == 1 else stacked(recipe, loops)
    begin = cpu_seconds()
    loop.run()
    return cpu_seconds() - begin


def stacked(recipe: Recipe, loops: list[Loop]) -> StackLoop:
    objectives = [loop.stepper.objective for loop in loops]
    stepper = StackStepper(
        Stack([loop.stepper.moving.model for loop in loops]),
        recipe,
        [objective for objective in objectives if isinstance(objective, Supervised)],
        precision="float32",
    )
    return StackLoop(recipe, loops, stepper)


def prepared(size: Size, seed: int) -> Prepared:
    rng, rows = np.random.default_rng(0), np.arange(NUM_EXAMPLES)
    numbers = rng.normal(size=(NUM_EXAMPLES, NUM_COLUMNS)).astype(np.float32)
    nothing = np.zeros((NUM_EXAMPLES, 0), np.int64)
    inputs = Inputs({"numbers": DensePart(numbers, rows), "categories": DensePart(nothing, rows)})
    spec = InputSpec(modality=Modality.TABLE, num_numbers=NUM_COLUMNS)
    model = build("mlp", spec, NUM_CLASSES, {"width": size.width, "dropout": size.dropout}, seed=seed)
    return Prepared(
        target=ClassTarget(tuple("0123456789")),
        encoder=None,  # type: ignore[arg-type]
        model=model,
        augmentations=(),
        train=inputs,
        valid=None,
        codes=rng.integers(0, NUM_CLASSES, NUM_EXAMPLES),
        device=torch.device("cpu"),
    )
