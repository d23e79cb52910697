"""The outcome of one training as a folder, so that another process can take it over; see ``training.restore``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from whet.files import replace_folder, write_arrays, write_json
from whet.recipe import Recipe
from whet.stored_state import read_state, write_state
from whet.tasks.target import Target
from whet.training.fitted import CurvePoint, Training
from whet.training.restore import restore

__all__ = ["read_parcel", "write_parcel"]

FILE, STATE, SCORES = "training.json", "fitted", "scores.safetensors"


def write_parcel(training: Training, folder: Path) -> None:
    """Write ``folder``, whole or not at all; parts that several models share lie beside it."""

    def fill(fresh: Path) -> None:
        write_state(training.fitted.state(), fresh, STATE, shared=folder.parent)
        if training.valid_scores is not None:
            write_arrays(fresh / SCORES, {"scores": training.valid_scores})
        plain = {k: v for k, v in vars(training).items() if k not in ("fitted", "valid_scores", "curve")}
        plain |= {"speed": dict(training.speed), "curve": [asdict(point) for point in training.curve]}
        write_json(fresh / FILE, plain)

    replace_folder(folder, fill)


def read_parcel(folder: Path, recipe: Recipe, target: Target, *, device: str) -> Training:
    """The reverse; the scores of its model are equal bit for bit."""
    from safetensors.numpy import load_file

    plain = json.loads((folder / FILE).read_text(encoding="utf-8"))
    state = read_state(folder, STATE, shared=folder.parent)
    curve, notes = tuple(CurvePoint(**point) for point in plain.pop("curve")), tuple(plain.pop("notes"))
    scores = load_file(folder / SCORES)["scores"] if (folder / SCORES).is_file() else None
    return Training(
        fitted=restore(recipe, target, state, device=device), valid_scores=scores, curve=curve, notes=notes, **plain
    )
