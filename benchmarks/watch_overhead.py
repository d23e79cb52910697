"""What watching a training costs: the same hand-written loop with and without ``Recorder`` around it.

Both take turns, several rounds, one thread; the figure is the ratio of the medians of wall-clock time, the ratio of
processor time is beside it, and so is what the recorder itself says that it took. The networks have steps of about 1,
5 and 15 milliseconds; a short training takes one or two seconds, a long one about ten. Data are random; nothing is
downloaded.

Every training runs in a process of its own, forked from this one, and finds a heap with holes in other places in each
round (the same for both of a round). In one long-lived process the pages that the allocator happens to give back and
to ask for again differ by a factor of ten between runs, which is 10 % of the time of a step of the CNN and has nothing
to do with the watching; page faults are therefore reported too.

    python -m benchmarks watch_overhead [--quick]
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import random
import resource
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


LONG = 8  # times as many steps


def run(quick: bool = False) -> dict[str, Any]:
    """Ratios of the watched loop's time per step to the plain one's."""
    results = {}
    for name, (_, _, steps) in NETS.items():
        results[name] = _compare(name, steps // (3 if quick else 1), rounds=3 if quick else 15)
        if not quick:
            results[f"{name}_long"] = _compare(name, steps * LONG, rounds=5)
    return {"goal": GOAL, "passed": all(r["ratio"] <= GOAL for r in results.values()), **results}


def _compare(name: str, steps: int, *, rounds: int) -> dict[str, float]:
    runs: dict[bool, list[dict[str, float]]] = {True: [], False: []}
    with using_threads(1):
        for turn in range(rounds):
            for watched in (turn % 2 == 0, turn % 2 == 1):
                runs[watched].append(_alone(name, steps, watched, turn))
    seen, plain = ({k: statistics.median(r[k] for r in runs[w]) for k in runs[w][0]} for w in (True, False))
    return {
        "step_ms": round(plain["wall_s"] / steps * 1e3, 3),
        "ratio": round(seen["wall_s"] / plain["wall_s"], 3),
        "cpu_ratio": round(seen["cpu_s"] / plain["cpu_s"], 3),
        "own_share": round(seen["own_share"], 4),
        "faults_per_step": round(seen["faults"] / steps, 1),
        "plain_faults_per_step": round(plain["faults"] / steps, 1),
        "steps": steps,
        "looked_at": round(seen["looked_at"]),
    }


def _alone(name: str, steps: int, watched: bool, turn: int) -> dict[str, float]:
    """In a process of its own, forked so that PyTorch need not be imported again."""
    forking = multiprocessing.get_context("fork")
    mine, other = forking.Pipe(duplex=False)
    process = forking.Process(target=lambda: other.send(_train(name, steps, watched, turn)))
    process.start()
    other.close()
    result: dict[str, float] = mine.recv()
    process.join()
    return result


def _train(name: str, steps: int, watched: bool, turn: int) -> dict[str, float]:
    make, shape, _ = NETS[name]
    sizes = random.Random(turn)
    holes = [torch.empty(sizes.randrange(100, 40_000)) for _ in range(30)][::2]
    with drawing_globally(0, "benchmark"):
        model = make()
        batches = [(torch.randn(shape), torch.randint(0, 10, shape[:1])) for _ in range(8)]
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        begin, begin_cpu = time.perf_counter(), time.process_time()
        with Recorder(model, optimizer) if watched else contextlib.nullcontext() as recorder:
            for step in range(steps):
                x, y = batches[step % len(batches)]
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
    wall, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    trace = None if recorder is None else recorder.trace()
    assert len(holes) == 15
    return {
        "wall_s": wall,
        "cpu_s": cpu,
        "faults": resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults,
        "own_share": 0.0 if trace is None else trace.overhead_s / trace.seconds,
        "looked_at": 0 if trace is None else len(trace.looked_at),
    }


def main(arguments: list[str]) -> None:
    """``--quick``: fewer rounds and steps, and nothing is stored."""
    results = run(quick="--quick" in arguments)
    print(json.dumps(results, indent=2))
    if "--quick" not in arguments:
        store("watch_overhead", results)
