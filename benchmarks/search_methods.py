"""Grid, random and Bayesian search at the same number of trials, on three small tasks, with several seeds.

A trial trains a small network and is scored on a validation part. What a method has found after n trials is its best
validation score, which is what it searches for, and the score of that trial on a test part that the search never sees,
where luck on the validation part does not count. A grid has exactly as many combinations as there are trials.
Trainings are remembered by recipe and shared by the methods.

    python -m benchmarks search_methods [--quick]

Tasks: digits and breast cancer of scikit-learn, and two spirals made here; nothing is downloaded.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import whet.search.methods  # noqa: F401  (registers them)
from benchmarks.storing import store
from whet.rng import drawing_globally, make_numpy_generator, stream_seed
from whet.search.dimension import Choice, Real, Whole
from whet.search.method import Setup, methods
from whet.search.space import Space
from whet.search.tried import Tried

Parts = tuple[torch.Tensor, torch.Tensor]
PARTS = ("valid", "test")
TRIALS, SEEDS, EPOCHS = 30, 5, 12

SPACE = Space(
    {
        "optimiser.lr": Real(low=1e-4, high=1e-1, log=True, points=5),
        "regularisation.weight_decay": Real(low=1e-5, high=1e-1, log=True, points=1),
        "settings.width": Whole(low=8, high=128, log=True, points=3),
        "settings.dropout": Real(low=0.0, high=0.5, points=1),
        "batch_size": Whole(low=16, high=128, log=True, points=1),
        "optimiser.name": Choice(values=("adamw", "sgd")),
    }
)  # 5 x 3 x 2 = 30 combinations for the grid, the middle of what it has no points for


def run(*, trials: int = TRIALS, seeds: int = SEEDS) -> dict[str, Any]:
    """Curves of validation and test accuracy by task and method, means over seeds."""
    results: dict[str, Any] = {}
    for name, make in TASKS.items():
        task = Task(make())
        curves = {m: [_curve(m, task, seed, trials) for seed in range(seeds)] for m in ("grid", "random", "bayesian")}
        results[name] = {
            part: {m: np.mean([c[part] for c in cs], axis=0).round(5).tolist() for m, cs in curves.items()}
            for part in PARTS
        }
        results[name]["std_at_end"] = {m: float(np.std([c["test"][-1] for c in cs])) for m, cs in curves.items()}
        shown = "  ".join(
            f"{m} {results[name]['valid'][m][-1]:.4f} / {results[name]['test'][m][-1]:.4f}" for m in curves
        )
        print(f"  {name:14} after {trials} trials: {shown}  ({len(task.known)} trainings)", flush=True)
    results["bayesian_minus_random"] = {part: _differences(results, part) for part in PARTS}
    return results


def _differences(results: dict[str, Any], part: str) -> dict[str, float]:
    """At the end, and over the whole curve."""
    pairs = [(np.array(results[t][part]["bayesian"]), np.array(results[t][part]["random"])) for t in TASKS]
    end = float(np.mean([b[-1] - r[-1] for b, r in pairs]))
    return {"at_end": end, "over_curve": float(np.mean([np.mean(b - r) for b, r in pairs]))}


def _curve(method: str, task: Task, seed: int, trials: int) -> dict[str, list[float]]:
    """Accuracy of the best trial so far on both parts, after each trial."""
    setup = Setup(space=SPACE, higher_is_better=True, seed=seed, num_trials=None if method == "grid" else trials)
    history: list[Tried] = []
    best, curve = (-1.0, -1.0), list[tuple[float, float]]()
    while len(history) < trials and (proposal := methods[method].propose(setup, history)) is not None:
        valid, test = task.train(dict(proposal.values), seed)
        history.append(Tried(number=len(history), values=proposal.values, state="complete", digest="", score=valid))
        if valid > best[0]:
            best = (valid, test)
        curve.append(best)
    curve += [curve[-1]] * (trials - len(curve))
    return {part: [pair[place] for pair in curve] for place, part in enumerate(PARTS)}


class Task:
    """Data in three parts, and a small network trained on them."""

    def __init__(self, data: tuple[np.ndarray, np.ndarray]) -> None:
        x, y = data
        order = make_numpy_generator(0, "search benchmark").permutation(len(x))
        ends = int(0.4 * len(x)), int(0.7 * len(x))
        x = (x - x[order[: ends[0]]].mean(0)) / (x[order[: ends[0]]].std(0) + 1e-6)
        inputs, targets = torch.from_numpy(x).float(), torch.from_numpy(y).long()
        self.train_part, self.valid, self.test = (
            (inputs[rows], targets[rows]) for rows in (order[: ends[0]], order[ends[0] : ends[1]], order[ends[1] :])
        )
        self.num_classes = int(targets.max()) + 1
        self.known: dict[Any, tuple[float, float]] = {}

    def train(self, values: dict[str, Any], seed: int) -> tuple[float, float]:
        """(validation, test) accuracy after a fixed number of epochs."""
        key = (SPACE.key(values), seed)
        if key not in self.known:
            with drawing_globally(seed, "search benchmark"):
                self.known[key] = self._train(values, seed)
        return self.known[key]

    def _train(self, values: dict[str, Any], seed: int) -> tuple[float, float]:
        inputs, targets = self.train_part
        width, size = values["settings.width"], values["batch_size"]
        dropout = torch.nn.Dropout(values["settings.dropout"])
        layers = [torch.nn.Linear(inputs.shape[1], width), torch.nn.ReLU(), dropout,
                  torch.nn.Linear(width, width), torch.nn.ReLU(), torch.nn.Linear(width, self.num_classes)]  # fmt: skip
        net = torch.nn.Sequential(*layers)
        lr, decay = values["optimiser.lr"], values["regularisation.weight_decay"]
        optimiser: torch.optim.Optimizer = torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=decay)
        if values["optimiser.name"] == "sgd":
            optimiser = torch.optim.SGD(net.parameters(), lr=lr, weight_decay=decay, momentum=0.9, nesterov=True)
        steps = EPOCHS * -(-len(inputs) // size)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        generator = torch.Generator().manual_seed(stream_seed(seed, "order") % 2**31)
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(inputs), generator=generator).split(size):  # type: ignore[no-untyped-call]
                loss = torch.nn.functional.cross_entropy(net(inputs[rows]), targets[rows])
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                schedule.step()
        net.eval()
        with torch.no_grad():
            return _accuracy(net, self.valid), _accuracy(net, self.test)


def _accuracy(net: torch.nn.Module, part: Parts) -> float:
    return float((net(part[0]).argmax(1) == part[1]).float().mean())


def digits() -> tuple[np.ndarray, np.ndarray]:
    """8 x 8 handwritten digits, 900 of them."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return x[:900], y[:900]


def breast_cancer() -> tuple[np.ndarray, np.ndarray]:
    """569 samples of 30 numbers."""
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    return x, y


def spirals() -> tuple[np.ndarray, np.ndarray]:
    """Two noisy spirals and two columns that mean nothing."""
    generator = make_numpy_generator(0, "spirals")
    turn = generator.random(800) * 1.5 * np.pi + 0.5
    side = generator.integers(0, 2, 800)
    angle = turn + np.pi * side
    points = np.stack([turn * np.cos(angle), turn * np.sin(angle)], 1) + 0.3 * generator.normal(size=(800, 2))
    return np.concatenate([points, generator.normal(size=(800, 2))], 1), side


TASKS: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
    "digits": digits,
    "breast_cancer": breast_cancer,
    "spirals": spirals,
}


def main(arguments: list[str]) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks search_methods")
    parser.add_argument("--quick", action="store_true", help="one seed, twelve trials, nothing stored")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    begin = time.perf_counter()
    results = run(trials=12, seeds=1) if given.quick else run()
    print(f"  Bayesian minus random: {results['bayesian_minus_random']}, {time.perf_counter() - begin:.0f} s")
    if not given.quick:
        store("search_methods", {**results, "trials": TRIALS, "seeds": SEEDS, "epochs": EPOCHS})
