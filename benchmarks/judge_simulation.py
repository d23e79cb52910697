"""How often does the judge adopt what is worthless, and find what is not? Simulated ledgers, judged by the real code.

    python -m benchmarks judge_simulation [--quick]

World: a classifier of 85 % accuracy. Every training flips the answers of a few examples, so that two trainings differ
on 6 % of predictions, and shifts its true accuracy by a normal effect with a standard deviation of 0.25 points. A
useless remedy draws from the same world; a real one is 2 points better. Each remedy is trained with 3 seeds and
compared with the incumbent; an adopted one becomes the incumbent. Not simulated: screening, slices, drifting data.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from whet.evaluation.intervals import gain_interval, score_interval
from whet.evaluation.metric import metrics
from whet.ledger.entry import Verdict
from whet.ledger.judge import judge
from whet.ledger.judgement import Judgement
from whet.ledger.noise import NoiseFloor
from whet.ledger.spending import Spending

__all__ = ["World", "ledger", "main", "run"]

ACCURACY = metrics["accuracy"]
Rule = Callable[[Judgement, int, int], bool]  # (judgement, rows tried before, rows adopted before) -> adopt


@dataclass(frozen=True)
class World:
    """One validation set of ``n`` examples on which trainings are drawn."""

    n: int
    accuracy: float = 0.85
    disagreement: float = 0.06  # share of predictions on which two trainings differ
    seed_std: float = 0.0025

    def examples(self, rng: np.random.Generator) -> np.ndarray:
        """(n,) chance of being answered right by a training: sure answers, and some that each training flips."""
        undecided = rng.random(self.n) < self.disagreement / 0.5  # a fair coin differs from another half the time
        share = (self.accuracy - 0.5 * self.disagreement / 0.5) / (1 - self.disagreement / 0.5)
        return np.where(undecided, 0.5, rng.random(self.n) < share)

    def train(self, chances: np.ndarray, gain: float, seeds: int, rng: np.random.Generator) -> np.ndarray:
        """(seeds, n, 2) scores; the truth is class 1 throughout."""
        shift = gain + self.seed_std * rng.normal(size=(seeds, 1))
        undecided = chances == 0.5
        # the undecided examples carry the whole shift: up to 6 points either way
        moved = np.where(undecided, chances + shift / (self.disagreement / 0.5), chances)
        right = rng.random((seeds, self.n)) < moved
        return np.stack([~right, right], axis=2).astype(np.float64)


def ledger(
    world: World, gains: np.ndarray, rule: Rule, rng: np.random.Generator, *, seeds: int = 3, floor_seeds: int = 5
) -> tuple[np.ndarray, float]:
    """Run one ledger: (which remedies were adopted (T,), reported gain of the last incumbent over the first)."""
    truth = np.ones(world.n, dtype=np.int64)
    chances = world.examples(rng)
    base = world.train(chances, 0.0, floor_seeds, rng)
    noise = NoiseFloor().with_seeds([ACCURACY.compute(truth, s) for s in base])
    incumbent, kept_gain = base[:seeds], 0.0
    first = last = float(np.mean([ACCURACY.compute(truth, s) for s in incumbent]))
    adopted = np.zeros(len(gains), dtype=bool)
    for row, gain in enumerate(gains):
        candidate = world.train(chances, kept_gain + gain, seeds, rng)
        alpha = Spending(max_rows=len(gains)).alpha(tried=row, adopted=int(adopted.sum()))
        verdict = judge(ACCURACY, truth, candidate, incumbent, noise=noise, alpha=alpha)
        noise = verdict.noise
        if rule(verdict, row, int(adopted.sum())):
            assert verdict.after is not None
            adopted[row], incumbent, last = True, candidate, verdict.after
            kept_gain += gain
    return adopted, last - first


def best_score(judgement: Judgement, row: int, adopted: int) -> bool:
    """Keep whatever scores higher."""
    return judgement.gain is not None and judgement.gain > 0


def each_at_five_percent(judgement: Judgement, row: int, adopted: int) -> bool:
    """p < 0.05 each time."""
    return judgement.p is not None and judgement.p < 0.05


def this_judge(judgement: Judgement, row: int, adopted: int) -> bool:
    """Whatever the real judge adopts."""
    return judgement.verdict is Verdict.ADOPTED


def null_ledgers(rule: Rule, *, rows: int, repeats: int, n: int = 5000) -> dict[str, float]:
    """Ledgers of ``rows`` useless remedies."""
    found = [ledger(World(n), np.zeros(rows), rule, np.random.default_rng(r)) for r in range(repeats)]
    share = float(np.mean([a.any() for a, _ in found]))
    return {
        "share_adopting_any": share,
        "standard_error": float(np.sqrt(share * (1 - share) / repeats)),
        "mean_adopted": float(np.mean([a.sum() for a, _ in found])),
        "reported_gain_points": 100 * float(np.mean([g for _, g in found])),
    }


def planted(*, gain: float, n: int, repeats: int, rows: int = 12, real: int = 1) -> dict[str, float]:
    """Ledgers in which ``real`` of ``rows`` remedies, at random places, are worth ``gain``."""
    found, false = 0, 0
    for r in range(repeats):
        rng = np.random.default_rng(10_000 + r)
        gains = np.zeros(rows)
        gains[rng.choice(rows, real, replace=False)] = gain
        adopted, _ = ledger(World(n), gains, this_judge, rng)
        found += int(adopted[gains > 0].sum())
        false += int(adopted[gains == 0].any())
    return {"found": found / (real * repeats), "ledgers_with_a_false_one": false / repeats}


def release(world: World, number: int, gain: float) -> tuple[np.ndarray, np.ndarray, float, float]:
    """One baseline and one delivered model on fresh test examples: their (n, 2) scores and their true accuracies."""
    rng = np.random.default_rng(20_000 + number)
    chances = world.examples(rng)
    shift = world.seed_std * rng.normal(size=2)  # what this particular pair of trainings is worth is the truth
    steady = World(world.n, seed_std=0.0)
    before = steady.train(chances, float(shift[0]), 1, rng)[0]
    after = steady.train(chances, gain + float(shift[1]), 1, rng)[0]
    return before, after, world.accuracy + float(shift[0]), world.accuracy + gain + float(shift[1])


def score_coverage(*, n: int, repeats: int) -> float:
    """Share of releases whose Wilson interval on the sealed test holds the delivered model's true accuracy."""
    hits, truth = 0, np.ones(n, dtype=np.int64)
    for r in range(repeats):
        _, after, _, worth = release(World(n), r, 0.02)
        _, low, high = score_interval(ACCURACY, truth, after, seed=r)
        hits += low <= worth <= high
    return hits / repeats


def gain_coverage(*, n: int, repeats: int) -> float:
    """Share of releases whose paired bootstrap interval of the gain holds the true gain."""
    hits, truth = 0, np.ones(n, dtype=np.int64)
    for r in range(repeats):
        before, after, worth_before, worth_after = release(World(n), r, 0.02)
        _, low, high = gain_interval(ACCURACY, truth, after, before, seed=r)
        hits += low <= worth_after - worth_before <= high
    return hits / repeats


def run(quick: bool = False) -> dict[str, Any]:
    """All figures; ``quick`` takes a tenth of the repeats."""
    scale = 10 if quick else 1
    begin = time.perf_counter()
    rules: list[tuple[str, Rule]] = [
        ("best validation score", best_score),
        ("p < 0.05 each time", each_at_five_percent),
        ("this judge", this_judge),
    ]
    nulls = {f"{name}, 30 useless remedies": null_ledgers(rule, rows=30, repeats=300 // scale) for name, rule in rules}
    nulls["this judge, 12 useless remedies"] = null_ledgers(this_judge, rows=12, repeats=600 // scale)
    nulls["this judge, 12 useless, n = 1,000"] = null_ledgers(this_judge, rows=12, repeats=600 // scale, n=1000)
    power = {
        f"+{100 * gain:g} points, n = {n:,}": planted(gain=gain, n=n, repeats=200 // scale)
        for gain, n in [(0.02, 2000), (0.02, 5000), (0.01, 5000), (0.01, 10_000)]
    }
    covered = {
        "score": score_coverage(n=2000, repeats=600 // scale),
        "gain": gain_coverage(n=2000, repeats=600 // scale),
    }
    return {"nulls": nulls, "power": power, "coverage": covered, "seconds": time.perf_counter() - begin}


def table(result: dict[str, Any]) -> str:
    """The figures as a person reads them."""
    lines = [f"{'null ledgers (n = 5,000)':40s} {'adopt >= 1':>16s} {'adopted':>8s} {'reported gain':>14s}"]
    for name, row in result["nulls"].items():
        share = f"{100 * row['share_adopting_any']:.1f} ± {100 * row['standard_error']:.1f} %"
        lines.append(f"{name:40s} {share:>16s} {row['mean_adopted']:8.2f} {row['reported_gain_points']:+10.2f} pts")
    lines += ["", f"{'one real remedy among 12':40s} {'found':>16s} {'ledgers with a false one':>28s}"]
    for name, row in result["power"].items():
        lines.append(f"{name:40s} {100 * row['found']:14.1f} % {100 * row['ledgers_with_a_false_one']:26.1f} %")
    cover = result["coverage"]
    lines += ["", f"95 % interval on the sealed test covers: score {cover['score']:.1%}, gain {cover['gain']:.1%}"]
    return "\n".join([*lines, f"{result['seconds']:.0f} s"])


def main(arguments: list[str]) -> None:
    """Print the table; the full run also keeps it in benchmarks/results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks judge_simulation")
    parser.add_argument("--quick", action="store_true", help="a tenth of the repeats, nothing kept")
    options = parser.parse_args(arguments)
    result = run(quick=options.quick)
    print(table(result))
    if not options.quick:
        from benchmarks.storing import store  # here, because the tests use this module and need no PyTorch for it

        store("judge_simulation", result)


if __name__ == "__main__":
    main(sys.argv[1:])
