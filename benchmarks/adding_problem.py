"""How far back can a simple recurrent network, an LSTM and a GRU learn from? The adding problem.

    python -m benchmarks adding_problem [--quick] [--only-plot]

A series of random numbers in [0, 1) has a second channel that marks one number in each half; the answer is their sum.
Answering 1 every time has a mean squared error of 0.167; below 0.01 the problem counts as solved and training stops.
One layer in one direction, whose last state is read: whatever is learnt of the first half has come back through that
many steps. The simple network has a smaller learning rate, with which it got further on length 50 in a first try (0.030
against 0.183 at the rate of the others); a more patient search may take it further than ``MAX_STEPS`` steps do.

Source: Hochreiter & Schmidhuber, "Long Short-Term Memory", Neural Computation 1997, section 5.4. Differs: one number is
marked in each half, all lengths are fixed, and values lie in [0, 1).
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.storing import RESULTS, store
from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import build
from whet.models.series_recurrent import SeriesRecurrent
from whet.report.plots.canvas import BLUE, GREEN, GREY, RED, dress
from whet.rng import make_generator

PLOT = Path(__file__).parents[1] / "docs" / "adding-problem.png"
RATES = {"rnn": 1e-3, "lstm": 5e-3, "gru": 5e-3}
NAMES = {"rnn": "simple RNN", "lstm": "LSTM", "gru": "GRU"}
COLOURS = {"rnn": RED, "lstm": BLUE, "gru": GREEN}
SOLVED, CONSTANT = 0.01, 1 / 6  # mean squared errors: that counts as solved; of answering 1 every time
BATCH, WIDTH, EVERY, MAX_STEPS = 32, 64, 100, 3_000


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks adding_problem")
    parser.add_argument("--quick", action="store_true", help="one seed, lengths 10 and 50; nothing is stored")
    parser.add_argument("--only-plot", action="store_true", help="draw the stored results again")
    options = parser.parse_args(arguments)
    if not options.only_plot:
        torch.set_num_threads(1)
        lengths, seeds = ((10, 50), 1) if options.quick else ((10, 50, 100, 200), 3)
        result = measure(lengths, range(seeds), max_steps=MAX_STEPS)
        if options.quick:
            return
        store("adding_problem", result)
    draw(json.loads((RESULTS / "adding_problem.json").read_text(encoding="utf-8")))


def measure(lengths: tuple[int, ...], seeds: range, *, max_steps: int) -> dict[str, Any]:
    """Every cell, length and seed; gradients of the longest with the first seed."""
    runs, gradients = [], {}
    for length, cell, seed in itertools.product(lengths, RATES, seeds):
        net = network(cell, length, seed)
        before = gradient_by_step(net, *examples(256, length, make_generator(seed, "gradient")))
        run = train(net, length, seed, RATES[cell], max_steps)
        if length == lengths[-1] and seed == seeds[0]:
            after = gradient_by_step(net, *examples(256, length, make_generator(seed, "gradient")))
            gradients[cell] = {"before": before, "after": after}
        runs.append({"cell": cell, "length": length, "seed": seed, **run})
        print(f"   {cell:4} length {length:3} seed {seed}: {run}", flush=True)
    settings = {"width": WIDTH, "batch": BATCH, "rates": RATES, "max_steps": max_steps, "gradient_clip": 1.0}
    return {"settings": settings, "summary": summary(runs), "runs": runs, "gradients": gradients}


def network(cell: str, length: int, seed: int) -> SeriesRecurrent:
    spec = InputSpec(modality=Modality.SERIES, channels=2, length=length)
    settings = {"cell": cell, "width": WIDTH, "bidirectional": False, "pooling": "last", "dropout": 0.0}
    net = build("series_recurrent", spec, 1, settings, seed=seed)
    assert isinstance(net, SeriesRecurrent)
    return net


def examples(n: int, length: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """(n, 2, length) values and marks, (n, 1) sums of the marked values."""
    values = torch.rand(n, length, generator=generator)
    half = length // 2
    marks = torch.zeros(n, length)
    for start, stop in ((0, half), (half, length)):
        marks.scatter_(1, torch.randint(start, stop, (n, 1), generator=generator), 1.0)
    return torch.stack([values, marks], dim=1), (values * marks).sum(dim=1, keepdim=True)


def train(net: SeriesRecurrent, length: int, seed: int, rate: float, max_steps: int) -> dict[str, Any]:
    """Adam on fresh examples until the problem is solved on 1,000 others, or for ``max_steps`` steps."""
    fresh, begin = make_generator(seed, "train"), time.perf_counter()
    series, sums = examples(1_000, length, make_generator(seed, "test"))
    optimiser = torch.optim.Adam(net.parameters(), lr=rate)
    error, step = float("inf"), 0
    while error >= SOLVED and step < max_steps:
        for _ in range(EVERY):
            x, y = examples(BATCH, length, fresh)
            optimiser.zero_grad()
            F.mse_loss(net({"series": x}), y).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
        step += EVERY
        with torch.no_grad():
            error = F.mse_loss(net({"series": series}), sums).item()
    return {"mse": round(error, 5), "steps": step, "seconds": round(time.perf_counter() - begin, 1)}


def gradient_by_step(net: SeriesRecurrent, series: Tensor, sums: Tensor) -> list[float]:
    """Norm of the loss's gradient by the state 0, 1, 2 ... steps before the end, as a fraction of the first of them."""
    rnn, state, states = net.layers.rnn, None, []
    for x in torch.split(series.transpose(1, 2), 1, dim=1):
        _, state = rnn(x, state)
        parts = state if isinstance(state, tuple) else (state,)
        for part in parts:
            part.retain_grad()
        states.append(parts)
    F.mse_loss(net.head(states[-1][0][-1]), sums).backward()
    norms = [_norm([part.grad for part in parts]) for parts in reversed(states)]
    net.zero_grad()
    return [norm / norms[0] for norm in norms]


def _norm(gradients: list[Tensor | None]) -> float:
    # An LSTM's state is hidden and cell, and its last cell feeds nothing; the mean over examples of both together.
    given = [gradient[-1] for gradient in gradients if gradient is not None]
    return float(torch.cat(given, dim=1).norm(dim=1).mean())


def summary(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By cell and length."""
    rows = []
    for cell, length in dict.fromkeys((run["cell"], run["length"]) for run in runs):
        those = [run for run in runs if (run["cell"], run["length"]) == (cell, length)]
        row = {"cell": cell, "length": length, "seeds": len(those), "solved": sum(r["mse"] < SOLVED for r in those)}
        medians = {f"median_{name}": statistics.median(run[name] for run in those) for name in ("mse", "steps")}
        rows.append({**row, **medians})
    return rows


def draw(result: dict[str, Any]) -> None:
    """Two panels: error over length; gradient over steps back."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), dpi=120, layout="constrained", facecolor="white")
    errors, gradients = figure.subplots(1, 2)
    lengths = sorted({row["length"] for row in result["summary"]})
    for cell, colour in COLOURS.items():
        rows = [row for row in result["summary"] if row["cell"] == cell]
        middle = [row["median_mse"] for row in rows]
        errors.plot(lengths, middle, color=colour, marker="o", label=NAMES[cell])
        each = [(run["length"], run["mse"]) for run in result["runs"] if run["cell"] == cell]
        errors.scatter(*zip(*each), color=colour, s=12, alpha=0.5)
        for when, style in (("before", ":"), ("after", "-")):
            label = NAMES[cell] if when == "after" else None
            gradients.plot(result["gradients"][cell][when], color=colour, linestyle=style, label=label)
    for level, text in ((CONSTANT, "answering 1 every time"), (SOLVED, "solved below")):
        errors.axhline(level, color=GREY, linewidth=1, linestyle="--")
        errors.text(15, level * 1.08, text, color=GREY, fontsize=8)
    errors.set(xscale="log", yscale="log", ylim=(1e-3, 0.4))
    errors.set_xticks(lengths, labels=[str(length) for length in lengths])
    errors.set_xticks([], minor=True)
    gradients.set(yscale="log", ylim=(1e-12, None))
    dress(errors, title="The adding problem, 3 seeds", x="length, steps", y="mean squared error")
    dress(gradients, title=f"How much gradient is left, length {lengths[-1]}",
          x="steps back from the end", y="norm by the state, at the end = 1")  # fmt: skip
    errors.legend(frameon=False, fontsize=8, loc="center right")
    note = "dotted: before training\nsolid: after training"
    gradients.legend(
        frameon=False, fontsize=8, loc="center right", bbox_to_anchor=(1, 0.4), title=note, title_fontsize=8
    )
    figure.savefig(PLOT)
