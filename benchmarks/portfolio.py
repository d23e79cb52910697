"""What each change was worth on other data: the knowledge that the planner starts with.

    python -m benchmarks portfolio [--data DIR] [--only NAME ...] [--repeats 2]
    python -m benchmarks portfolio --write        # from the stored measurements into src/whet/planning/portfolio.json

On every data set the default network is diagnosed, then every change that any remedy proposes, and every other
architecture of the task, is trained with paired seeds on two halves, and cheaply in several ways on an inner split.
No example of the data sets of the planner's own benchmark is among them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.portfolio_sets import SETS, Source
from benchmarks.storing import RESULTS
from whet.errors import TrainingFailedError
from whet.improving.arena import Arena, cross_validation, inner, thinned
from whet.improving.baselines import run_baselines
from whet.improving.clock import Clock
from whet.improving.diagnosing import diagnose
from whet.improving.environment import environment
from whet.improving.folder import RunFolder
from whet.improving.looking_over import look_over
from whet.improving.observer import Observer
from whet.improving.opening import new_session
from whet.improving.options import Options
from whet.improving.planner import TRANSFER_STEPS, points_of, propose
from whet.improving.prepare import prepare
from whet.improving.session import Session
from whet.improving.trials import Trial
from whet.ledger.noise import NoiseFloor
from whet.ledger.records import Ledger
from whet.planning.fidelity import LOOKS, Fidelity
from whet.planning.fine_loss import loss_gain
from whet.planning.learning import portfolio_of
from whet.recipe import Length, Recipe

FOLDS, MOST_EPOCHS = 2, 20.0
STORED = RESULTS / "portfolio"
TARGET = Path(__file__).parents[1] / "src" / "whet" / "planning" / "portfolio.json"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks portfolio")
    parser.add_argument(
        "--data", type=Path, help="folder of the data sets; without it only scikit-learn's and made ones"
    )
    parser.add_argument("--only", nargs="*", help="names of data sets")
    parser.add_argument("--repeats", type=int, default=2, help="partitions, each with a seed of its own")
    parser.add_argument("--write", action="store_true", help="write the portfolio from what is stored")
    options = parser.parse_args(arguments)
    if not options.write:
        for name, source in SETS.items():
            is_here = not source.needs_data or options.data is not None
            if is_here and (not options.only or name in options.only):
                one_set(name, source, options.data, repeats=options.repeats)
    write()


def write() -> None:
    """The stored measurements, as the package carries them."""
    measured = [json.loads(path.read_text()) for path in sorted(STORED.glob("*.json"))]
    if measured:
        TARGET.write_text(json.dumps(portfolio_of(measured), indent=1) + "\n")
        print(f"{len(measured)} data sets -> {TARGET.name}")


def one_set(name: str, source: Source, data: Path | None, *, repeats: int) -> None:
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        session = _opened(source, data, Path(scratch))
        result = _measured(session, repeats)
    result = {"name": name, "origin": source.origin, **result, "seconds": time.monotonic() - begin}
    STORED.mkdir(parents=True, exist_ok=True)
    path = STORED / f"{name.replace(' ', '_')}.json"
    path.write_text(
        json.dumps({**result, "environment": environment(device="cpu", num_threads=torch.get_num_threads())}, indent=1)
        + "\n"
    )
    print(f"{name}: {len(result['changes'])} changes, {result['seconds']:.0f} s", flush=True)


def _opened(source: Source, data: Path | None, scratch: Path) -> Session:
    where, target = source.write(scratch, data)
    options = Options(target=target, epochs=MOST_EPOCHS, budget_s=None)
    folder = RunFolder.create(scratch / "run", source=str(where), resumable=False, options=options, command="")
    clock = Clock(None)
    ledger = Ledger(folder.ledger)
    prepared = prepare(where, options, folder, ledger, clock, say=lambda _: None)
    epochs = min(MOST_EPOCHS, prepared.default_recipe().length.epochs or MOST_EPOCHS)
    options = replace(options, epochs=epochs)
    session = new_session(prepared, options, folder, ledger, clock, Observer(), lambda: False)
    session.arena = cross_validation(prepared, num_folds=FOLDS, seed=0)
    session.prepared = replace(prepared, facts=replace(prepared.facts, num_train=session.arena.num_train))
    return session


def _measured(session: Session, repeats: int) -> dict[str, Any]:
    look_over(session)
    run_baselines(session)
    task, facts = session.prepared.task, session.prepared.facts
    recipe = _counted(session, session.prepared.default_recipe())
    session.incumbent = [session.run(recipe, title="default", repeat=r) for r in range(repeats)]
    session.noise = NoiseFloor().with_seeds([t.score for t in session.incumbent])
    session.findings = [*session.audited, *diagnose(session)]
    symptoms = sorted({f.symptom for f in session.findings})
    proposals = propose(recipe, facts, session.findings, tried={recipe.digest()})
    changes = [
        (p.remedy, p.change, p.recipe) for p in proposals if p.remedy not in (*TRANSFER_STEPS, "longer_training")
    ]
    changes += [("architecture", r.architecture, _counted(session, r)) for r in task.alternatives(facts)]
    look = _Looks(session, recipe)
    rows = [row for change in changes if (row := _one_change(session, look, *change, repeats=repeats)) is not None]
    return {
        "modality": str(facts.modality),
        "kind": session.prepared.target.kind,
        "metric": session.prepared.metric.name,
        "num_examples": len(session.prepared.data),
        "epochs": recipe.length.epochs,
        "default": {
            "architecture": recipe.architecture,
            "scores": [t.score for t in session.incumbent],
            "seconds": _seconds(session.incumbent),
        },
        "symptoms": symptoms,
        "changes": rows,
    }


def _one_change(
    session: Session, look: _Looks, remedy: str, change: str, recipe: Recipe, *, repeats: int
) -> dict[str, Any] | None:
    try:
        trials = [session.run(recipe, title=change, repeat=r) for r in range(repeats)]
        cheap = {fidelity.name: look.gains(recipe, fidelity) for fidelity in LOOKS}
    except TrainingFailedError as fault:
        print(f"  {change}: {fault}", flush=True)
        return None
    pairs = list(zip(trials, session.incumbent, strict=True))
    return {
        "remedy": remedy,
        "change": change,
        "gains": [_points(session, a.score, b.score) for a, b in pairs],
        "loss_gains": [_loss(session.arena, a, b) for a, b in pairs],
        "cost": _seconds(trials) / _seconds(session.incumbent),
        "looks": {name: points for name, (points, _) in cheap.items()},
        "loss_looks": {name: loss for name, (_, loss) in cheap.items()},
    }


class _Looks:
    """Gains seen cheaply against the default recipe seen as cheaply."""

    def __init__(self, session: Session, base: Recipe) -> None:
        self.session, self.base = session, base
        self.arena = inner(session.prepared, session.arena, seed=0)

    def gains(self, recipe: Recipe, fidelity: Fidelity) -> tuple[float, float]:
        """In points of a hundred of the metric, and in relative loss."""
        arena = thinned(self.arena, fidelity, seed=0)
        after, before = (
            self.session.trials.run(arena, fidelity.lowered(each), title="look") for each in (recipe, self.base)
        )
        return _points(self.session, after.score, before.score), _loss(arena, after, before)


def _points(session: Session, after: float, before: float) -> float:
    return points_of(session.gain(after, before), session.prepared.metric, before)


def _loss(arena: Arena, after: Trial, before: Trial) -> float:
    return loss_gain(after.scores, before.scores, arena.truth) / 100


def _counted(session: Session, recipe: Recipe) -> Recipe:
    return replace(recipe, length=Length(seconds=None, epochs=session.options.epochs))


def _seconds(trials: list[Any]) -> float:
    return float(np.mean([t.seconds for t in trials]))
