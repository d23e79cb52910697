"""What is done with one script, each in a process of its own: the harm of its fault, the verdict, the cure."""

from __future__ import annotations

import inspect
import math
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
import torch._dynamo  # optimisers import it at their first step: once in the parent, not seconds in every child

from benchmarks.clinic.collecting import Entry, entries
from benchmarks.clinic.script import Script, evaluate

entries()  # imported once, in the parent of all processes
LOOP_CURES = {"ordinary_loop", "drop_clipping", "clip_gradients", "constant_rate"}  # act on the loop itself
SEEDS = (20, 21, 22)  # of the twins whose scores are compared


def work(task: str, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """The row of one script; a crash is a row too."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # PyTorch's own about faulty scripts
    start = time.monotonic()
    try:
        row = TASKS[task](entries()[name], options)
    except Exception:  # one script must not end the clinic
        row = {"error": traceback.format_exc(limit=-3)[-1500:]}
    return {"name": name, **row, "whole_s": round(time.monotonic() - start, 2)}


def _honest(script: Script) -> float:
    """Trained by its author's loop: the score on fresh examples, or the one that the loop prints."""
    printed = script.loop(script)
    value = printed if script.fresh is None else evaluate(script, script.fresh)
    return value if math.isfinite(value) else -1.0


def harm(entry: Entry, options: dict[str, Any]) -> dict[str, Any]:
    """Scores of the faulty script and of its clean twin over the seeds."""
    rows: dict[str, Any] = {"seconds": []}
    for name, broken in (("faulty", True), ("clean", False)) if entry.truth else (("clean", False),):
        rows[name] = []
        for seed in SEEDS[: options.get("seeds", 2)]:
            start = time.monotonic()
            try:
                rows[name].append(round(_honest(entry.build(broken=broken, seed=seed)), 4))
            except (IndexError, RuntimeError) as error:  # the script stops with an error: nothing was trained
                rows[name].append(-1.0)
                rows["stops"] = str(error)[:120]
            rows["seconds"].append(round(time.monotonic() - start, 2))
    return rows


def told(script: Script, function: Callable[..., Any]) -> dict[str, Any]:
    """What the author would tell a diagnosis, by keyword; what ``function`` does not take is left out."""
    known = {
        "loss": script.loss,
        "optimizer": script.optimizer,
        "scheduler": script.scheduler,
        "forward": script.forward,
        "epochs": script.epochs,
        **script.told,
    }
    taken = inspect.signature(function).parameters
    return {k: v for k, v in known.items() if v is not None and k in taken}


def diagnosed(entry: Entry, options: dict[str, Any], *, broken: bool = True) -> tuple[Any, float]:
    """The report, and seconds from the call to the verdict."""
    import whet

    script = entry.build(broken=broken)
    extra: dict[str, Any] = {}
    if entry.seen_by == "watch":
        with whet.watch(script.model, script.optimizer, **_watch_told(script, whet.watch)) as extra["watched"]:
            script.loop(script)
    start = time.monotonic()
    report = whet.diagnose(
        script.model,
        script.train,
        script.valid,
        **told(script, whet.diagnose),
        budget=options.get("budget", "30s"),
        prove=options.get("prove", False),
        **extra,
    )
    return report, time.monotonic() - start


def _watch_told(script: Script, watch: Callable[..., Any]) -> dict[str, Any]:
    taken = inspect.signature(watch).parameters
    return {k: v for k, v in (("loss", script.loss), ("scheduler", script.scheduler)) if v is not None and k in taken}


def verdict(entry: Entry, options: dict[str, Any]) -> dict[str, Any]:
    """What the diagnosis says of it; with ``twin``, of its clean twin."""
    from whet.errors import LabelError, WhetError

    try:
        report, seconds = diagnosed(entry, options, broken=not options.get("twin"))
    except WhetError as error:  # one message instead of a verdict; only a LabelError names its cause
        blamed = [{"symptom": "bad_labels", "level": "severe"}] if isinstance(error, LabelError) else []
        refused = f"{type(error).__name__}: {error}"[:500]
        return {"verdicts": blamed, "findings": blamed, "refused": refused, "seconds": 0.0}
    return {
        "verdicts": [
            {
                "symptom": v.root.symptom,
                "level": v.root.level,
                "severity": round(v.root.severity, 3),
                "confidence": v.root.confidence,
                "statement": v.root.statement,
                "cures": list(v.root.cures),
                "explains": [f.symptom for f in v.symptoms],
            }
            for v in report.verdicts
        ],
        "findings": [{"symptom": f.symptom, "level": f.level, "where": f.where} for f in report.findings],
        "not_judged": {k: str(v)[:200] for k, v in dict(getattr(report, "not_judged", {}) or {}).items()},
        "seconds": round(seconds, 2),
    }


def cure(entry: Entry, options: dict[str, Any]) -> dict[str, Any]:
    """Scores of the faulty and clean twins, after the first-ranked cure, and after cures drawn at random."""
    from whet.diagnosis.case import Case
    from whet.diagnosis.cures.cure import cures
    from whet.diagnosis.opening import open_setup

    row = harm(entry, {"seeds": 1})
    report, _ = diagnosed(entry, options)
    finding = report.verdicts[0].root if report.verdicts else None

    def case() -> Case:
        script = entry.build()
        setup = open_setup(script.model, script.train, script.valid, **told(script, open_setup))
        return Case(setup=setup)

    row["verdict"] = None if finding is None else finding.symptom
    row["first"] = finding.cures[0] if finding and finding.cures else None
    row["cured"] = _after(entry, case(), row["first"], finding) if row["first"] else row["faulty"][0]
    rng = torch.Generator().manual_seed(int.from_bytes(entry.name.encode()[:6], "big"))
    fresh = case()
    possible = sorted(name for name in cures if cures[name].applies(fresh))
    row["applicable"] = possible
    row["random"] = []
    for _ in range(options.get("draws", 3) if possible else 0):
        name = possible[int(torch.randint(len(possible), (), generator=rng))]
        row["random"].append([name, _after(entry, case(), name, None)])
    return row


def _after(entry: Entry, case: Any, name: str, finding: Any) -> float:
    """The score on validation examples (fresh ones where there are) after the script's own length with the change."""
    from whet.diagnosis.cures.cure import cures
    from whet.diagnosis.ordinary_loop import train_stretch
    from whet.errors import WhetError

    script = entry.build()
    try:
        setup = cures[name].apply(case, finding)
        trained = replace(
            script,
            model=setup.model,
            train=setup.train,
            valid=setup.valid or script.valid,
            loss=setup.loss,
            optimizer=setup.optimizer,
            scheduler=setup.scheduler,
            forward=setup.forward,
            epochs=round(setup.epochs or script.epochs),
        )
        if entry.seen_by == "watch" and name not in LOOP_CURES:  # the author's faulty loop stays as it is
            value = _honest(trained)
        else:
            train_stretch(setup, epochs=setup.epochs or script.epochs)
            value = evaluate(trained, script.fresh)
    except (WhetError, RuntimeError, IndexError, ValueError, AttributeError):
        return -1.0
    return round(value, 4) if math.isfinite(value) else -1.0


TASKS: dict[str, Callable[[Entry, dict[str, Any]], dict[str, Any]]] = {
    "harm": harm,
    "verdict": verdict,
    "cure": cure,
}
