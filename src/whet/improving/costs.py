"""What a model costs whoever uses it: how long one example takes here, and how large its folder is."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from whet.bundle.model import Model
from whet.bundle.save import save
from whet.comparing.latency import BATCHES, milliseconds_per_example
from whet.data.dataset import Dataset
from whet.data.derived import Derived
from whet.improving.trials import Trials, Weighted
from whet.stored_state import SHARED

__all__ = ["Costs", "costs_of_model", "folder_bytes", "latencies", "saved_bytes", "stored_bytes"]

CARD_BYTES = 4_000  # bundle.json and the model card of a small model, where only the weights have been counted


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Medians of measured times, per example."""

    latency_ms: dict[int, float]  # by how many examples are predicted at once
    size_bytes: int


@dataclass(frozen=True)
class _Afresh:
    """A model as a user meets it: nothing about an example is known from an earlier prediction."""

    model: Model

    def scores(self, dataset: Dataset) -> np.ndarray:
        return self.model.scores(replace(dataset, derived=Derived()))


def costs_of_model(model: Model, data: Dataset, *, seconds: float, scratch: Path) -> Costs:
    """Measured on examples of ``data``."""
    return Costs(latency_ms=latencies(model, data, seconds=seconds), size_bytes=saved_bytes(model, scratch))


def latencies(model: Model, data: Dataset, *, seconds: float) -> dict[int, float]:
    """Milliseconds per example, from raw examples to scores, by batch size; measuring takes about ``seconds``."""
    return {
        batch: milliseconds_per_example(_Afresh(model), data, batch=batch, seconds=seconds / len(BATCHES))
        for batch in BATCHES
    }


def saved_bytes(model: Model, scratch: Path) -> int:
    """How large ``model`` is as a bundle; it is written under ``scratch`` and removed again."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        save(model, Path(folder) / "model")
        return folder_bytes(Path(folder) / "model")


def folder_bytes(folder: Path) -> int:
    """All its files together."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def stored_bytes(trials: Trials, members: tuple[Weighted, ...]) -> int:
    """About how large a bundle of ``members`` would be, from what their trials keep; shared parts count once."""
    files: set[Path] = set()
    for member in members:
        parts = sorted((trials.folder / member.trial.key).glob("part-*.json"))[: member.num_parts]
        for part in parts:
            files |= {part, part.with_suffix(".safetensors")}
            for digest in json.loads(part.read_text(encoding="utf-8")).get(SHARED, []):
                files |= {trials.folder / f"shared-{digest}{end}" for end in (".json", ".safetensors")}
    return CARD_BYTES + sum(path.stat().st_size for path in files)
