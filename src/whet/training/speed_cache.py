"""Measured speeds on disk, so that the second training of the same shape on the same machine need not measure."""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path
from typing import Any

import torch

from whet.data.inputs import Batch
from whet.files import write_json
from whet.recipe import Recipe
from whet.training.speed import Speed
from whet.training.threads import available_cores

__all__ = ["read_speed", "speed_key", "write_speed"]


def speed_key(recipe: Recipe, batch: Batch, device: torch.device, num_threads: int | None) -> str:
    """What the time of a step depends on: architecture, settings, shapes, optimiser and host."""
    facts = {
        "architecture": [recipe.architecture, recipe.to_dict()["settings"], recipe.optimiser.name],
        "precision": recipe.precision,
        "shapes": {name: list(part.shape) if part.is_floating_point() else len(part) for name, part in batch.items()},
        "host": [platform.node(), platform.processor(), available_cores(), torch.__version__, str(device)],
        "num_threads": num_threads,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:20]


def read_speed(path: Path | None, key: str) -> Speed | None:
    """What was measured before; None where nothing was, or where the file cannot be read (it is a cache)."""
    known = _read(path).get(key) if path is not None else None
    return None if known is None else Speed.from_dict(known)


def write_speed(path: Path | None, key: str, speed: Speed) -> None:
    """Add one entry to the file."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {**_read(path), key: speed.to_dict()})


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
