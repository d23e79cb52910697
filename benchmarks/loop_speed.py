"""Our loop against hand-written ones: the same network, precision and optimiser, rounds in turn, one thread.

    python -m benchmarks loop_speed [--quick]

"tensors"     all data as tensors in memory, batches by a random permutation, normalised on the way: the fastest loop
              that a person writes.
"dataloader"  torch.utils.data: a Dataset that gives one normalised example at a time, collated into batches, in the
              process itself: workers add to processor time what they save in waiting.
Speed is theirs over ours in processor time per step, which other work on the machine disturbs least: above 1, ours is
faster. Every measurement is made in a process of its own, warmed up, because the loops differ in how they use freed
memory. Goals: 0.95 against tensors, 1.5 against the DataLoader. Data are random; nothing is downloaded. Neither loop
augments; ``loop_speed_pictures`` has crops, flips and files.
"""

from __future__ import annotations

import copy
import json
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

import whet.models  # noqa: F401  (registers the architectures)
from benchmarks.own_process import cpu_seconds, second_of_two
from benchmarks.storing import store
from whet.data.inputs import DensePart, ImagePart, Inputs, InputSpec, RaggedPart
from whet.data.kinds import Modality
from whet.models.architecture import Architecture, build
from whet.recipe import Length, Recipe
from whet.tasks.classes import ClassTarget
from whet.training.assemble import assemble
from whet.training.clock import TrainingClock
from whet.training.fitted import FitSetting
from whet.training.kept_memory import kept_memory
from whet.training.prepare import Prepared
from whet.training.threads import using_threads

NUM_CLASSES, NUM_EXAMPLES = 10, 8192
GOALS = {"tensors": 0.95, "dataloader": 1.5}
Batches = Iterator[tuple[dict[str, Tensor], Tensor]]


@dataclass(frozen=True)
class Case:
    """A network and its data in the three forms."""

    architecture: str
    settings: dict[str, Any]
    spec: InputSpec
    batch_size: int
    steps: int
    inputs: Inputs  # ours
    tensors: dict[str, Tensor]  # theirs: all examples
    one: Callable[[dict[str, Tensor]], dict[str, Tensor]]  # from raw to what the network reads, batch or example


def main(arguments: list[str]) -> None:
    """``--quick``: fewer rounds and steps, and nothing is stored."""
    quick = "--quick" in arguments
    results = {name: compare(case, rounds=2 if quick else 5, quick=quick) for name, case in cases().items()}
    passed = all(row[f"over_{goal}"] >= GOALS[goal] for row in results.values() for goal in GOALS)
    summary = {"goals": GOALS, "passed": passed, "rows": results}
    print(json.dumps(summary, indent=2))
    if not quick:
        store("loop_speed", summary)


def cases() -> dict[str, Case]:
    """A convolutional network on 28 x 28 pictures, a perceptron on a table, a classifier of texts."""
    rng = np.random.default_rng(0)
    rows = np.arange(NUM_EXAMPLES)
    pixels = rng.integers(0, 256, (NUM_EXAMPLES, 28, 28, 1), dtype=np.uint8)
    numbers = rng.normal(size=(NUM_EXAMPLES, 20)).astype(np.float32)
    tokens = rng.integers(1, 4000, (NUM_EXAMPLES, 24)).astype(np.int32)
    nothing = np.zeros((NUM_EXAMPLES, 0), np.int64)
    offsets = np.arange(NUM_EXAMPLES + 1, dtype=np.int64) * 24
    return {
        "cnn": Case(
            "convnet", {"widths": [16, 32]}, InputSpec(modality=Modality.IMAGE, channels=1, height=28, width=28),
            128, 16, Inputs({"image": ImagePart(pixels, rows, (0.5,), (0.25,))}),
            {"image": torch.from_numpy(pixels)}, _normalised,
        ),
        "mlp": Case(
            "mlp", {"width": 128}, InputSpec(modality=Modality.TABLE, num_numbers=20),
            128, 120, Inputs({"numbers": DensePart(numbers, rows), "categories": DensePart(nothing, rows)}),
            {"numbers": torch.from_numpy(numbers), "categories": torch.from_numpy(nothing)}, lambda batch: batch,
        ),
        "text": Case(
            "text_cnn", {"dim": 32, "filters": 16}, InputSpec(modality=Modality.TEXT, vocab_size=4000, max_tokens=24),
            64, 40, Inputs({"tokens": RaggedPart(tokens.ravel(), offsets, rows)}),
            {"tokens": torch.from_numpy(tokens)}, lambda batch: {"tokens": batch["tokens"].long()},
        ),
    }  # fmt: skip


def compare(case: Case, *, rounds: int, quick: bool) -> dict[str, float]:
    """Milliseconds per step of the three loops, and the ratios."""
    steps = max(5, case.steps // 5) if quick else case.steps
    targets = np.random.default_rng(1).integers(0, NUM_CLASSES, NUM_EXAMPLES)
    model = build(case.architecture, case.spec, NUM_CLASSES, case.settings, seed=0)
    loops: dict[str, Callable[[Architecture], float]] = {
        "ours": lambda net: ours(net, case, targets, steps),
        "tensors": lambda net: by_hand(net, from_tensors(case, torch.from_numpy(targets)), steps),
        "dataloader": lambda net: by_hand(net, from_loader(case, torch.from_numpy(targets)), steps),
    }
    times: dict[str, list[float]] = {name: [] for name in loops}
    with using_threads(1):
        for number in range(rounds):
            for name in loops if number % 2 else reversed(loops):
                times[name] += second_of_two(lambda run=loops[name]: (run(copy.deepcopy(model)),))  # type: ignore[misc]
    cost = {name: 1e3 * statistics.median(taken) / steps for name, taken in times.items()}
    row = {f"{name}_ms": round(ms, 4) for name, ms in cost.items()}
    return row | {f"over_{name}": round(cost[name] / cost["ours"], 3) for name in GOALS}


def ours(model: Architecture, case: Case, targets: np.ndarray, steps: int) -> float:
    """Processor seconds of the training loop alone."""
    ready = Prepared(
        target=ClassTarget(tuple("0123456789")),
        encoder=None,  # type: ignore[arg-type]
        model=model,
        augmentations=(),
        train=case.inputs,
        valid=None,
        codes=targets,
        device=torch.device("cpu"),
    )
    length = Length(epochs=steps * case.batch_size / NUM_EXAMPLES)
    recipe = Recipe(architecture=case.architecture, length=length, batch_size=case.batch_size)
    return seconds_of_loop(recipe, ready, steps)


def seconds_of_loop(recipe: Recipe, ready: Prepared, steps: int) -> float:
    """Processor seconds of so many steps of our loop on what is ready for it, one thread."""
    clock, setting = TrainingClock(recipe.length), FitSetting(num_threads=1)
    with kept_memory():  # as ``fit_network`` does
        loop = assemble(recipe, ready, None, clock=clock, setting=setting, checkpoint=None)
        begin = cpu_seconds()
        loop.run()
        assert loop.position.step == steps
        return cpu_seconds() - begin


def by_hand(model: Architecture, batches: Batches, steps: int) -> float:
    """Processor seconds of the loop that everyone writes."""
    model = model.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    begin = cpu_seconds()
    for _ in range(steps):
        batch, targets = next(batches)
        loss = F.cross_entropy(model(batch), targets)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return cpu_seconds() - begin


def from_tensors(case: Case, targets: Tensor) -> Batches:
    while True:
        for index in torch.randperm(NUM_EXAMPLES).split(case.batch_size):  # type: ignore[no-untyped-call]
            yield case.one({name: part[index] for name, part in case.tensors.items()}), targets[index]


def from_loader(case: Case, targets: Tensor) -> Batches:
    class Examples(TorchDataset[tuple[dict[str, Tensor], Tensor]]):
        def __len__(self) -> int:
            return NUM_EXAMPLES

        def __getitem__(self, place: int) -> tuple[dict[str, Tensor], Tensor]:
            return case.one({name: part[place] for name, part in case.tensors.items()}), targets[place]

    while True:
        yield from DataLoader(Examples(), batch_size=case.batch_size, shuffle=True)


def _normalised(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """(..., H, W, C) uint8 -> (..., C, H, W), channels last in memory."""
    return {"image": ((batch["image"].float() / 255.0 - 0.5) / 0.25).movedim(-1, -3)}
