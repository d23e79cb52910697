"""What the training loop costs over a hand-written one on the same tensors.

Both loops take turns, several rounds, one thread each; the figure is the ratio of the medians of processor time, which
other work on the machine disturbs least; the ratio of wall-clock time is printed beside it. Both gather each batch by a
random permutation and use the same fused AdamW, so the ratio shows the loop alone: bookkeeping, per-step seeds, finite
checks, running means. Data are random; nothing is downloaded.

    python -m benchmarks loop_overhead [--quick]
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.storing import store
from whet.data.inputs import DensePart, Inputs
from whet.data.kinds import Modality
from whet.models.architecture import Architecture
from whet.recipe import Length, Recipe
from whet.rng import drawing_globally
from whet.tasks.classes import ClassTarget
from whet.training.assemble import assemble
from whet.training.clock import TrainingClock
from whet.training.fitted import FitSetting
from whet.training.prepare import Prepared
from whet.training.threads import using_threads

BATCH = 256
GOAL = 1.10


class Net(Architecture):
    """A backbone that reads the part "x", and a linear head."""

    modality: ClassVar[Modality] = Modality.TABLE
    parts: ClassVar[tuple[str, ...]] = ("x",)

    def __init__(self, backbone: nn.Module, width: int) -> None:
        super().__init__()
        self.backbone, self.width = backbone, width
        self.reset_head(10)

    def reset_head(self, num_outputs: int) -> None:
        self.head = nn.Linear(self.width, num_outputs)

    def forward_features(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        features: torch.Tensor = self.backbone(batch["x"])
        return features


def mlp() -> Net:
    """784-128-10."""
    return Net(nn.Sequential(nn.Linear(784, 128), nn.ReLU()), 128)


def cnn() -> Net:
    """Three strided convolutions on 1 x 28 x 28."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]
    return Net(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 64)


def run(quick: bool = False) -> dict[str, Any]:
    """Ratios of our loop's time per step to the hand-written one's, for both networks."""
    rounds, steps = (5, 100) if quick else (15, 200)
    shapes: dict[str, tuple[Callable[[], Net], tuple[int, ...], int]] = {
        "mlp": (mlp, (784,), steps),
        "cnn": (cnn, (1, 28, 28), max(10, steps // 5)),
    }
    results = {name: _compare(make, shape, count, rounds) for name, (make, shape, count) in shapes.items()}
    return {"goal": GOAL, "passed": all(r["ratio"] <= GOAL for r in results.values()), **results}


def _compare(make: Callable[[], Net], shape: tuple[int, ...], steps: int, rounds: int) -> dict[str, float]:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(8192, *shape)).astype(np.float32)
    y = generator.integers(0, 10, 8192)
    times: dict[str, list[tuple[float, float]]] = {"ours": [], "by_hand": []}
    with using_threads(1):
        for _ in range(rounds + 1):  # the first warms up
            times["by_hand"].append(_by_hand(_seeded(make), x, y, steps))
            times["ours"].append(_ours(_seeded(make), x, y, steps))
    cpu, wall = ({name: _median_ms(taken, which, steps) for name, taken in times.items()} for which in (0, 1))
    return {
        "ours_ms": round(cpu["ours"], 4),
        "by_hand_ms": round(cpu["by_hand"], 4),
        "ratio": round(cpu["ours"] / cpu["by_hand"], 3),
        "wall_ratio": round(wall["ours"] / wall["by_hand"], 3),
    }


def _median_ms(taken: list[tuple[float, float]], which: int, steps: int) -> float:
    return statistics.median(pair[which] for pair in taken[1:]) / steps * 1e3


def _now() -> tuple[float, float]:
    return time.process_time(), time.perf_counter()


def _since(begin: tuple[float, float]) -> tuple[float, float]:
    cpu, wall = _now()
    return cpu - begin[0], wall - begin[1]


def _seeded(make: Callable[[], Net]) -> Net:
    with drawing_globally(0, "benchmark"):
        return make().to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _by_hand(model: Net, x: np.ndarray, y: np.ndarray, steps: int) -> tuple[float, float]:
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    begin, step = _now(), 0
    while step < steps:
        order = torch.randperm(len(inputs))
        for start in range(0, len(inputs), BATCH):
            index = order[start : start + BATCH]
            loss = F.cross_entropy(model({"x": inputs[index]}), targets[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            step += 1
            if step == steps:
                break
    return _since(begin)


def _ours(model: Net, x: np.ndarray, y: np.ndarray, steps: int) -> tuple[float, float]:
    ready = Prepared(
        target=ClassTarget(tuple("0123456789")),
        encoder=None,  # type: ignore[arg-type]
        model=model,
        augmentations=(),
        train=Inputs({"x": DensePart(x, np.arange(len(x)))}),
        valid=None,
        codes=y,
        device=torch.device("cpu"),
    )
    length = Length(epochs=steps * BATCH / len(x))
    recipe = Recipe(architecture="benchmark", length=length, batch_size=BATCH)
    clock, setting = TrainingClock(length), FitSetting(num_threads=1)
    loop = assemble(recipe, ready, None, clock=clock, setting=setting, checkpoint=None)
    begin = _now()
    loop.run()
    assert loop.position.step == steps
    return _since(begin)


def main(arguments: list[str]) -> None:
    """``--quick``: fewer rounds and steps, and nothing is stored."""
    results = run(quick="--quick" in arguments)
    print(json.dumps(results, indent=2))
    if "--quick" not in arguments:
        store("loop_overhead", results)
