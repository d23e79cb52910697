"""What the ensemble brings over the best single model, and how much of it the distilled model keeps.

    python -m benchmarks ensembles [--sources SOURCE[=TARGET] ...] [--draws 10] [--epochs 10] [--workers 2] [--go-on]

Per source and draw: baselines, the default network with several seeds, fast members and other architectures are
trained as a run would train them; the trials are blended, a student is distilled, and the three models are scored on
examples that none of them saw: 4,000 fresh ones of a set of ``made_sets.py``, the sealed part of any other source. The
best single model is the one of the best validation score. Intervals: Student's over the draws, each with data, split
and seeds of its own. Counted in epochs, so that a busy machine changes nothing but the seconds. ``--go-on`` keeps the
draws that are stored and adds those that are missing.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.made_sets import MADE
from benchmarks.paired import paired, summary
from benchmarks.storing import RESULTS, store
from whet.data.dataset import Dataset
from whet.data.load import load
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
from whet.rng import make_numpy_generator

FRESH = 4000  # examples on which the models of a made set are compared


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks ensembles")
    parser.add_argument(
        "--sources", nargs="*", default=list(MADE), help="a made set, SOURCE or SOURCE=TARGET; default: all made sets"
    )
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--epochs", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2, help="draws side by side, one thread each")
    parser.add_argument("--no-store", action="store_true", help="print the rows and keep what is stored")
    parser.add_argument("--go-on", action="store_true", help="keep the draws that are stored, add those missing")
    options = parser.parse_args(arguments)
    rows = stored_rows(options.epochs) if options.go_on else {}
    for each in options.sources:
        source, _, target = each.partition("=")
        known = rows[source]["draws"] if source in rows else []
        rows[source] = row_of(source, draws_of(source, target or None, known, options))
        print(rows[source], flush=True)
        if not options.no_store:  # after each source: an hour's run that is cut short keeps what it measured
            store("ensembles", {"epochs": options.epochs, "rows": list(rows.values())})


def stored_rows(epochs: float) -> dict[str, dict[str, Any]]:
    """By source, where they were measured with as many epochs."""
    path = RESULTS / "ensembles.json"
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"epochs": None}
    return {row["source"]: row for row in content["rows"]} if content["epochs"] == epochs else {}


def draws_of(
    source: str, target: str | None, known: list[dict[str, Any]], options: argparse.Namespace
) -> list[dict[str, Any]]:
    """All draws, those that are ``known`` not run again."""
    missing = sorted(set(range(options.draws)) - {draw["seed"] for draw in known})
    draw = partial(one_draw, source, target, epochs=options.epochs)
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn"), initializer=one_thread) as pool:
        return sorted([*known, *pool.map(draw, missing)], key=lambda found: found["seed"])


def row_of(source: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """One source over all draws; gains are oriented so that positive is better."""
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
        "draws": found,
    }
    if taught:
        fast = sign * np.array([f["fast"] for f in taught])
        own = sign * np.array([f["single"] for f in taught])
        whole = float((sign * np.array([f["ensemble"] for f in taught]) - own).mean())
        row["fast"] = summary([f["fast"] for f in taught])
        row["fast_gain"] = paired(fast.tolist(), own.tolist())
        row["share_kept"] = round(float((fast - own).mean()) / whole, 3) if whole > 0 else None  # no gain: none to keep
        row["times_as_fast"] = round(float(np.median([f["times_as_fast"] for f in taught if f["times_as_fast"]])), 1)
    return {**row, "gain_is_positive": gain > 0, "taught": len(taught)}


def one_thread() -> None:
    torch.set_num_threads(1)


def one_draw(source: str, target: str | None, seed: int, *, epochs: float) -> dict[str, Any]:
    """Scores of the three models on examples that they never saw."""
    begin = time.perf_counter()
    known = MADE.get(source)
    given, target = (source, target) if known is None else (known.draw(stream(seed, "known"), known.num), known.target)
    options = Options(target=target, budget_s=None, epochs=epochs, seed=seed, fast_model=True)
    with tempfile.TemporaryDirectory(prefix="whet-ensembles-") as folder:
        run = RunFolder.create(
            Path(folder) / "run", source=source, resumable=False, options=options, command="benchmark"
        )
        ledger, clock, observer = Ledger(run.ledger), Clock(None), Observer()
        try:
            prepared = prepare(given, options, run, ledger, clock, say=observer.say)
            session = new_session(prepared, options, run, ledger, clock, observer, lambda: False)
            fresh = None
            if known is not None:
                fresh = load(known.draw(stream(seed, "fresh"), FRESH), schema=prepared.schema, require_target=True)
            found = {"seed": seed, **scored(session, fresh)}
        finally:
            ledger.close()
    found["seconds"] = round(time.perf_counter() - begin, 1)
    print(source, seed, found, flush=True)
    return found


def stream(seed: int, purpose: str) -> np.random.Generator:
    return make_numpy_generator(seed, "ensembles", purpose)


def scored(session: Session, fresh: Dataset | None) -> dict[str, Any]:
    run_baselines(session)
    run_default(session, exploring_s=3600.0)
    run_members(session)
    run_alternatives(session, until_s=float("inf"), exploring_s=3600.0)
    assert session.best is not None
    best = alone(session.best)
    handover = calibrated(session, blend_trials(session))
    fast = distil(session, handover, seconds=float("inf"))
    data = session.prepared.sealed.open("benchmark") if fresh is None else fresh
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
    }
