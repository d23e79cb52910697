"""What the ensemble brings over the best single model, and how much of it the distilled model keeps.

    python -m benchmarks ensembles [--sources SOURCE[=TARGET] ...] [--draws 5] [--epochs 20]

Per source and draw: 20 % of the examples are sealed; baselines, the default network with several seeds, fast members
and other architectures are trained as a run would train them; the trials are blended, a student is distilled, and the
three models are scored on the sealed part. The best single model is the one of the best validation score. Intervals:
Student's over the draws, each with a split and seeds of its own. Counted in epochs, so that a busy machine changes
nothing but the seconds.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.paired import paired, summary
from benchmarks.storing import store
from whet.improving.baselines import run_baselines, run_members
from whet.improving.blending import blend_trials, calibrated
from whet.improving.clock import Clock
from whet.improving.defaults import run_default
from whet.improving.distilling import distil
from whet.improving.folder import RunFolder
from whet.improving.handover import alone
from whet.improving.lengthening import run_alternatives
from whet.improving.observer import Observer
from whet.improving.opening import new_session
from whet.improving.options import Options
from whet.improving.prepare import prepare, truth_of
from whet.improving.session import Session
from whet.ledger.records import Ledger

SOURCES = (
    "sklearn:digits",
    "sklearn:wine",
    "sklearn:breast_cancer",
    "sklearn:diabetes",
    "made:friedman=target",
    "made:rings=label",
)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks ensembles")
    parser.add_argument(
        "--sources", nargs="*", default=SOURCES, help="SOURCE or SOURCE=TARGET; default: six small sets"
    )
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--epochs", type=float, default=20.0)
    parser.add_argument("--no-store", action="store_true", help="print the rows and keep what is stored")
    options = parser.parse_args(arguments)
    rows = []
    for each in options.sources:
        source, _, target = each.partition("=")
        rows.append(row_of(source, target or None, draws=options.draws, epochs=options.epochs))
        print(rows[-1], flush=True)
    if not options.no_store:
        store("ensembles", {"draws": options.draws, "epochs": options.epochs, "rows": rows})


def row_of(source: str, target: str | None, *, draws: int, epochs: float) -> dict[str, Any]:
    """One source over all draws; gains are oriented so that positive is better."""
    found = []
    for draw in range(draws):
        with tempfile.TemporaryDirectory(prefix="whet-ensembles-") as folder:
            found.append(one_draw(source, target, Path(folder), seed=draw, epochs=epochs))
            print(source, draw, found[-1], flush=True)
    sign = 1.0 if found[0]["higher_is_better"] else -1.0
    single, ensemble = (sign * np.array([f[name] for f in found]) for name in ("single", "ensemble"))
    taught = [f for f in found if f["fast"] is not None]
    gain = float((ensemble - single).mean())
    row: dict[str, Any] = {
        "source": source,
        "metric": found[0]["metric"],
        "single": summary([f["single"] for f in found]),
        "ensemble": summary([f["ensemble"] for f in found]),
        "gain": paired(ensemble.tolist(), single.tolist()),
        "ways": [f["way"] for f in found],
        "seconds": round(sum(f["seconds"] for f in found), 1),
    }
    if taught:
        fast = sign * np.array([f["fast"] for f in taught])
        own = sign * np.array([f["single"] for f in taught])
        whole = float((sign * np.array([f["ensemble"] for f in taught]) - own).mean())
        row["fast"] = summary([f["fast"] for f in taught])
        row["fast_gain"] = paired(fast.tolist(), own.tolist())
        row["share_kept"] = round(float((fast - own).mean()) / whole, 3) if whole > 0 else None  # no gain: none to keep
        row["times_as_fast"] = round(float(np.median([f["times_as_fast"] for f in taught])), 1)
    return {**row, "gain_is_positive": gain > 0, "taught": len(taught)}


def one_draw(source: str, target: str | None, folder: Path, *, seed: int, epochs: float) -> dict[str, Any]:
    """Scores of the three models on the sealed part of one split."""
    begin = time.perf_counter()
    given = made(source, seed=seed) if source.startswith("made:") else source
    options = Options(target=target, budget_s=None, epochs=epochs, seed=seed, fast_model=True)
    run = RunFolder.create(folder / "run", source=source, resumable=False, options=options, command="benchmark")
    ledger, clock, observer = Ledger(run.ledger), Clock(None), Observer()
    try:
        prepared = prepare(given, options, run, ledger, clock, say=observer.say)
        session = new_session(prepared, options, run, ledger, clock, observer, lambda: False)
        return scored(session, begin)
    finally:
        ledger.close()


def scored(session: Session, begin: float) -> dict[str, Any]:
    run_baselines(session)
    run_default(session, exploring_s=3600.0)
    run_members(session)
    run_alternatives(session, until_s=float("inf"), exploring_s=3600.0)
    assert session.best is not None
    best = alone(session.best)
    handover = calibrated(session, blend_trials(session))
    fast = distil(session, handover, seconds=float("inf"))
    data = session.prepared.sealed.open("benchmark")
    assert data.target is not None
    truth, metric = truth_of(session.prepared.target, data.target), session.prepared.metric
    row = next((r for r in session.book.ledger.rows() if r["remedy"] == "ensemble"), None)

    def score(model: Any, blend: Any) -> float:
        return float(metric.compute(truth, blend.decide(model.scores(data))))

    return {
        "metric": metric.name,
        "higher_is_better": metric.higher_is_better,
        "single": score(session.model_of(best.members), best.blend),
        "ensemble": score(session.model_of(handover.members, handover.blend), handover.blend),
        "fast": None if fast is None else score(fast.model, fast.model.blend),
        "times_as_fast": None if fast is None else fast.teacher_costs.latency_ms[1] / fast.costs.latency_ms[1],
        "members": len(handover.members),
        "way": None if row is None else row["details"].get("way"),
        "seconds": round(time.perf_counter() - begin, 1),
    }


def made(source: str, *, seed: int) -> pd.DataFrame:
    """Sets with a known truth: Friedman's first function, and three noisy rings."""
    rng = np.random.default_rng([seed, 7])
    if source == "made:friedman":
        from sklearn.datasets import make_friedman1

        values, target = make_friedman1(n_samples=800, n_features=10, noise=1.0, random_state=seed)
        return named(values, target=target)
    if source == "made:rings":
        angle, label = rng.uniform(0, 2 * np.pi, 900), rng.integers(0, 3, 900)
        radius = 1.0 + label + 0.45 * rng.normal(size=900)
        noise = rng.normal(size=(900, 4))
        values = np.concatenate([np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), noise], axis=1)
        return named(values, label=np.array(["inner", "middle", "outer"])[label])
    raise SystemExit(f"unknown source {source!r}; made are made:friedman and made:rings")


def named(values: np.ndarray, **last: Sequence[Any] | np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({**{f"x{i}": column for i, column in enumerate(values.T)}, **last})
