"""What watching a training costs: the same hand-written loop with and without ``Recorder`` around it.

Both take turns, several rounds, one thread; the figure is the ratio of the medians of wall-clock time, the ratio of
processor time is beside it, and so is what the recorder itself says that it took. The networks have steps of about 1,
5 and 15 milliseconds. Data are random; nothing is downloaded.

    python -m benchmarks watch_overhead [--quick]
"""

from __future__ import annotations

import contextlib
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.storing import store
from whet.rng import drawing_globally
from whet.training.threads import using_threads
from whet.watching.recorder import Recorder

GOAL = 1.05


def mlp() -> nn.Module:
    """784-128-64-10."""
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))


def cnn() -> nn.Module:
    """Three strided convolutions on 1 x 28 x 28."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def transformer() -> nn.Module:
    """Two layers over 16 steps of 64 numbers."""
    layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
    return nn.Sequential(nn.TransformerEncoder(layer, 2), nn.Flatten(), nn.Linear(16 * 64, 10))


NETS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], int]] = {  # network, shape of a batch, steps
    "mlp": (mlp, (128, 784), 1000),
    "cnn": (cnn, (64, 1, 28, 28), 300),
    "transformer": (transformer, (32, 16, 64), 150),
}


def run(quick: bool = False) -> dict[str, Any]:
    """Ratios of the watched loop's time per step to the plain one's."""
    rounds, part = (3, 3) if quick else (15, 1)
    results = {name: _compare(make, shape, steps // part, rounds) for name, (make, shape, steps) in NETS.items()}
    return {"goal": GOAL, "passed": all(r["ratio"] <= GOAL for r in results.values()), **results}


def _compare(make: Callable[[], nn.Module], shape: tuple[int, ...], steps: int, rounds: int) -> dict[str, float]:
    times: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    shares, looked = [], 0
    with using_threads(1):
        for turn in range(rounds + 1):  # the first warms up
            for watched in (turn % 2 == 0, turn % 2 == 1):
                recorder = _train(make, shape, steps, watched, times[watched])
                if recorder is not None:
                    trace = recorder.trace()
                    shares.append(trace.overhead_s / trace.seconds)
                    looked = len(trace.looked_at)
    wall, cpu = ([statistics.median(t[i] for t in times[w][1:]) for w in (True, False)] for i in (0, 1))
    return {
        "step_ms": round(wall[1] / steps * 1e3, 3),
        "ratio": round(wall[0] / wall[1], 3),
        "cpu_ratio": round(cpu[0] / cpu[1], 3),
        "own_share": round(statistics.median(shares), 4),
        "steps": steps,
        "looked_at": looked,
    }


def _train(
    make: Callable[[], nn.Module], shape: tuple[int, ...], steps: int, watched: bool, times: list[tuple[float, float]]
) -> Recorder | None:
    with drawing_globally(0, "benchmark"):
        model = make()
        batches = [(torch.randn(shape), torch.randint(0, 10, shape[:1])) for _ in range(8)]
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        begin, begin_cpu = time.perf_counter(), time.process_time()
        with Recorder(model, optimizer) if watched else contextlib.nullcontext() as recorder:
            for step in range(steps):
                x, y = batches[step % len(batches)]
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
    times.append((time.perf_counter() - begin, time.process_time() - begin_cpu))
    return recorder


def main(arguments: list[str]) -> None:
    """``--quick``: fewer rounds and steps, and nothing is stored."""
    results = run(quick="--quick" in arguments)
    print(json.dumps(results, indent=2))
    if "--quick" not in arguments:
        store("watch_overhead", results)
