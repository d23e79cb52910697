"""Does the planner's order beat a random one in the same time?

    python -m benchmarks planner_order                       # simulated, leaving one data set out
    python -m benchmarks planner_order --data DIR [--budget 60s] [--seeds 3] [--only NAME ...]

Simulated: every change of every data set of the portfolio was trained there, so that any order can be replayed. The
planner knows the other data sets only. After each change the best gain so far is noted over the time spent; a random
order is the mean of many. Real: ``improve`` on six further data sets with either order, the test part read once by
``predict`` after the run.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer

from benchmarks.figures import CASES, Case, measure
from benchmarks.portfolio import STORED
from benchmarks.storing import store
from whet.planning.expecting import Claim, Prospect, expect
from whet.planning.learning import portfolio_of
from whet.planning.portfolio import Portfolio
from whet.planning.ranking import Observation, rank
from whet.remedies.remedy import remedies
from whet.rng import make_numpy_generator

SHARES = (0.1, 0.2, 0.3, 0.5, 0.7)  # of the time that all changes together would take
DRAWS = 400
EMPTY = Portfolio(seen=(), looks={}, provenance={})


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks planner_order")
    parser.add_argument("--data", type=Path, help="folder of the data sets; without it the simulation")
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="names of data sets")
    options = parser.parse_args(arguments)
    if options.data is None:
        store("planner_order_simulated", {"shares": SHARES, "rows": simulated(), "looks": looks()})
        return
    cases = [case for case in real_cases() if not options.only or case.name in options.only]
    rows = [row for case in cases for row in real(case, options)]
    store("planner_order", {"budget": options.budget, "rows": rows})


def real_cases() -> list[Case]:
    """Six data sets, none of which is in the portfolio, on which a minute of one core trains more than one network."""
    names = ("ArrowHead", "ItalyPowerDemand", "trec", "adult", "california_housing")
    return [
        *(case for case in CASES if case.name in names),
        Case("breast cancer", "60s", 0.0, "", tumours, "diagnosis"),
    ]


def tumours(data: Path, scratch: Path) -> tuple[Path, Path]:
    """scikit-learn's, of which a fixed 40 % are held back."""
    table = load_breast_cancer(as_frame=True).frame.rename(columns={"target": "diagnosis"})
    table["diagnosis"] = np.where(table["diagnosis"] == 1, "benign", "malignant")
    table = table.iloc[make_numpy_generator(0, "planner order", "tumours").permutation(len(table))]
    num_test = int(0.4 * len(table))
    for name, part in {"test": table[:num_test], "train": table[num_test:]}.items():
        part.to_csv(scratch / f"{name}.csv", index=False)
    return scratch / "train.csv", scratch / "test.csv"


def real(case: Case, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Runs with the planner's and with a random order, seed by seed, one after the other."""
    rows = []
    for seed in range(options.seeds):
        for order in ("planned", "random"):
            timed = replace(case, budget=options.budget)
            row = measure(timed, options.data, seed=seed, keep=None, extra=("--order", order))
            rows.append({"name": case.name, "order": order, "seed": seed, "score": row.get("score"), "run": row})
            print(f"{case.name:18} seed {seed} {order:8} {row.get('score', row.get('error'))}", flush=True)
    return rows


def simulated() -> list[dict[str, Any]]:
    """One row per data set: best gain so far in points, planned and at random, at several shares of the time.

    "by_claims": the same planner with the authors' claims instead of the portfolio; "without_looks": it learns nothing
    from what it tried.
    """
    measured = [json.loads(path.read_text()) for path in sorted(STORED.glob("*.json"))]
    rows = []
    for left_out in measured:
        others = Portfolio.from_dict(portfolio_of([m for m in measured if m is not left_out]))
        changes = [c for c in left_out["changes"] if c["remedy"] in remedies]
        planned = replayed(changes, planned_order(changes, left_out, others))
        by_claims = replayed(changes, planned_order(changes, left_out, EMPTY))
        without_looks = replayed(changes, planned_order(changes, left_out, others, learns=False))
        draws = make_numpy_generator(0, "planner order", left_out["name"])
        random = np.mean([replayed(changes, list(draws.permutation(len(changes)))) for _ in range(DRAWS)], axis=0)
        best = max(0.0, *(float(np.mean(c["gains"])) for c in changes))
        rows.append(
            {
                "name": left_out["name"],
                "planned": planned,
                "random": random.tolist(),
                "by_claims": by_claims,
                "without_looks": without_looks,
                "best": best,
                "num": len(changes),
            }
        )
        print(f"{left_out['name']:18} planned {np.round(planned, 2)} random {np.round(random, 2)} best {best:.2f}")
    return rows


def looks() -> dict[str, dict[str, float]]:
    """Mean rank correlation of cheap looks with full trainings; data sets on which a look saw no difference count 0."""
    measured = [json.loads(path.read_text()) for path in sorted(STORED.glob("*.json"))]
    found = {}
    for name, look in Portfolio.from_dict(portfolio_of(measured)).looks.items():
        ranked = [one["name"] for one in measured if one["name"] in {**look.by_metric, **look.by_loss}]
        found[name] = {
            "by_metric": float(np.mean([look.by_metric.get(n, 0.0) for n in ranked])),
            "by_loss": float(np.mean([look.by_loss.get(n, 0.0) for n in ranked])),
            "num": len(ranked),
        }
    return found


def planned_order(
    changes: Sequence[Mapping[str, Any]], about: Mapping[str, Any], known: Portfolio, *, learns: bool = True
) -> list[int]:
    """What the planner tries first, second, ...: where it ``learns``, it sees the gain of what it has tried."""
    prospects = [_prospect(change, about, known) for change in changes]
    left, order, seen = list(range(len(changes))), [], []
    while left:
        first = left[rank([prospects[i] for i in left], seen if learns else [])[0].index]
        left.remove(first)
        order.append(first)
        gains = changes[first]["gains"]
        noise = max(0.3, float(np.std(gains, ddof=1)) / len(gains) ** 0.5)
        seen.append(Observation(expectation=prospects[first].expectation, gain=float(np.mean(gains)), noise=noise))
    return order


def replayed(changes: Sequence[Mapping[str, Any]], order: Sequence[int]) -> list[float]:
    """Best gain so far in points when a share of the whole time is spent."""
    costs = np.array([changes[i]["cost"] for i in order])
    gains = np.maximum.accumulate([max(0.0, float(np.mean(changes[i]["gains"]))) for i in order])
    spent = np.cumsum(costs)
    return [
        float(np.concatenate([[0.0], gains])[np.searchsorted(spent, s * spent[-1] + 1e-9, "right")]) for s in SHARES
    ]


def _prospect(change: Mapping[str, Any], about: Mapping[str, Any], known: Portfolio) -> Prospect:
    remedy = remedies[change["remedy"]]
    found = bool(remedy.treats & set(about["symptoms"]))
    claim = Claim(
        remedy=change["remedy"], treats=remedy.treats, gain=remedy.expected_gain, cost=remedy.cost, found=found
    )
    return expect(claim, about["modality"], known)
