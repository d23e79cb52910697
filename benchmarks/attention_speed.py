"""Is our multi-head attention as fast as PyTorch's module with the same weights?

``MultiHeadAttention`` and ``nn.MultiheadAttention(need_weights=False)`` take turns on the same padded batch, on one
thread. "forward" is a pass in evaluation mode without gradients, where PyTorch's module has a kernel of its own;
"training" is a pass and its gradients. A ratio is theirs over ours, of the medians of wall-clock time over the rounds:
above 1, ours is faster. The results of both are compared first.

    python -m benchmarks attention_speed [--quick]
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.storing import store
from whet.models.attention import MultiHeadAttention
from whet.rng import drawing_globally, make_generator
from whet.training.threads import using_threads

BATCH, HEADS, GOAL = 32, 4, 0.95
LENGTHS, WIDTHS = (64, 128, 256), (128, 256)


def run(quick: bool = False) -> dict[str, Any]:
    """Ratios for each length and width."""
    rounds, lengths = (5, LENGTHS[:1]) if quick else (31, LENGTHS)
    shapes = [_compare(length, width, rounds) for width in WIDTHS for length in lengths]
    ratios = [shape[kind]["ratio"] for shape in shapes for kind in ("forward", "training")]
    return {
        "goal": GOAL,
        "passed": min(ratios) >= GOAL,
        "batch": BATCH,
        "heads": HEADS,
        "rounds": rounds,
        "lowest_ratio": min(ratios),
        "median_ratio": round(statistics.median(ratios), 3),
        "shapes": shapes,
    }


def _compare(length: int, width: int, rounds: int) -> dict[str, Any]:
    ours, theirs = _pair(width)
    x = torch.randn(BATCH, length, width, generator=make_generator(0, "x"))
    lengths = torch.randint(length // 2, length + 1, (BATCH, 1), generator=make_generator(0, "lengths"))
    real = torch.arange(length) < lengths
    calls: dict[str, Callable[[Tensor], Tensor]] = {
        "ours": lambda given: ours(given, real=real),
        "theirs": lambda given: theirs(given, given, given, key_padding_mask=~real, need_weights=False)[0],
    }
    torch.testing.assert_close(calls["ours"](x)[real], calls["theirs"](x)[real], atol=1e-5, rtol=1e-4)
    ours.train()
    theirs.train()
    training = _timed({name: _training(call, x) for name, call in calls.items()}, rounds)
    ours.eval()
    theirs.eval()
    forward = _timed({name: _forward(call, x) for name, call in calls.items()}, rounds)
    shape = {"length": length, "width": width, "forward": forward, "training": training}
    print(f"   length {length:3} width {width}: forward {forward['ratio']:.3f}, training {training['ratio']:.3f}")
    return shape


def _pair(width: int) -> tuple[MultiHeadAttention, nn.MultiheadAttention]:
    with drawing_globally(0, "benchmark"):
        ours, theirs = MultiHeadAttention(width, HEADS), nn.MultiheadAttention(width, HEADS, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.qkv.weight)
        theirs.in_proj_bias.copy_(ours.qkv.bias)
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    return ours, theirs


def _forward(call: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], None]:
    def once() -> None:
        with torch.no_grad():
            call(x)

    return once


def _training(call: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], None]:
    given = x.clone().requires_grad_()
    upwards = torch.ones_like(x)

    def once() -> None:
        given.grad = None
        call(given).backward(upwards)  # type: ignore[no-untyped-call]

    return once


def _timed(calls: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Medians in milliseconds over rounds in which the two take turns; who begins changes every round."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):  # the first warms up
        for name in sorted(calls, reverse=turn % 2 == 0):
            begin = time.perf_counter()
            calls[name]()
            taken[name].append(time.perf_counter() - begin)
    ours, theirs = (1e3 * statistics.median(taken[name][1:]) for name in ("ours", "theirs"))
    return {"ours_ms": round(ours, 3), "theirs_ms": round(theirs, 3), "ratio": round(theirs / ours, 3)}


def main(arguments: list[str]) -> None:
    """``--quick``: short sequences and few rounds, and nothing is stored."""
    with using_threads(1):
        results = run(quick="--quick" in arguments)
        print(json.dumps(results, indent=2))
        if "--quick" not in arguments:
            store("attention_speed", results)
