"""Tables as "numbers" (scaled, without NaN) and "categories" (ids): what networks and linear models read.

Fitted on training rows only. With target encoding those rows themselves are encoded out of fold (``table_targets``), as
long as the encoder that was fitted is in memory. Rows are encoded in blocks, so that a table larger than memory works
the same way.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import encoders
from whet.data.encoders.table_features import TableFeatures
from whet.data.encoders.table_numbers import NumberScaler
from whet.data.encoders.table_settings import TableSettings
from whet.data.inputs import DensePart, Inputs, InputSpec
from whet.data.kinds import Modality
from whet.state import State

__all__ = ["TableEncoder"]

_BLOCK = 65_536  # rows encoded at a time
_IN_MEMORY_BYTES = 256 << 20


@encoders.register("table")
class TableEncoder:
    """Dataset -> "numbers" (N, F) float32 and "categories" (N, G) int64; fit it with ``TableEncoder.fit``."""

    def __init__(self, settings: TableSettings, features: TableFeatures, scaler: NumberScaler) -> None:
        self.settings = settings
        self.features = features
        self.scaler = scaler
        self.spec = InputSpec(
            modality=Modality.TABLE, num_numbers=scaler.num_numbers, cardinalities=features.cardinalities
        )

    @classmethod
    def fit(cls, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Self:
        """Learn scales, categories, words, pairs and target means from the training rows."""
        chosen = TableSettings.from_mapping(settings)
        features = TableFeatures.fit(train, chosen, seed=seed)
        numbers, _ = features.apply(train)
        scaler = NumberScaler.fit(numbers, chosen.number_transform, num_plain=features.num_plain, seed=seed)
        return cls(chosen, features, scaler)

    def encode(self, dataset: Dataset, *, scratch: Path | None = None) -> Inputs:
        """Both parts for every example, a block of rows at a time."""
        size = len(dataset)
        numbers = _room((size, self.spec.num_numbers), np.dtype(np.float32), scratch)
        categories = _room((size, len(self.spec.cardinalities)), np.dtype(np.int64), scratch)
        for start in range(0, size, _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, size))
            matrix, ids = self.features.apply(dataset.take(rows))
            numbers[rows], categories[rows] = self.scaler.apply(matrix), ids
        rows = np.arange(size)
        return Inputs({"numbers": DensePart(numbers, rows), "categories": DensePart(categories, rows)})

    def state(self) -> State:
        """Settings, columns and what was learnt of each."""
        features, scaler = self.features.state(), self.scaler.state()
        config = {"settings": asdict(self.settings), "features": features.config, "scaler": scaler.config}
        return State(config, {**features.under("features/"), **scaler.under("scaler/")})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same encoder again."""
        features = TableFeatures.from_state(state.part("features/", state.config["features"]))
        scaler = NumberScaler.from_state(state.part("scaler/", state.config["scaler"]))
        return cls(TableSettings.from_mapping(state.config["settings"]), features, scaler)


def _room(shape: tuple[int, int], dtype: np.dtype[Any], scratch: Path | None) -> np.ndarray:
    """An array to fill: in memory, or in a file under ``scratch`` when it is large or memory has run out."""
    try:
        if scratch is None or shape[0] * shape[1] * dtype.itemsize <= _IN_MEMORY_BYTES:
            return np.empty(shape, dtype)
    except MemoryError:
        if scratch is None:
            raise
    scratch.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="table-", suffix=f".{dtype.name}", dir=scratch)
    os.close(handle)
    return np.memmap(name, dtype=dtype, mode="w+", shape=shape)
