"""By how many places targets have slipped against their inputs, in the order of a data set."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from whet.diagnosis.preserving import preserving

__all__ = ["Realigned", "best_shift"]

SHIFTS = (-2, -1, 0, 1, 2)
LOOKED_AT = 1000  # examples compared with each other
ERRORS = 4.0  # standard errors by which a shift must be better than none


class Realigned(Dataset[Any]):
    """Inputs of example i with the target of example ``i + shift``."""

    def __init__(self, dataset: Any, shift: int) -> None:
        self._dataset, self._shift = dataset, shift

    def __len__(self) -> int:
        return len(self._dataset) - abs(self._shift)

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(index)
        first = index + max(0, -self._shift)
        *inputs, _ = self._dataset[first]
        return (*inputs, self._dataset[first + self._shift][-1])


def best_shift(dataset: Any) -> int:
    """The shift under which the nearest neighbours agree best about the target; 0 where none is clearly better."""
    with preserving():
        items = [dataset[i] for i in range(min(LOOKED_AT, len(dataset)))]
    inputs = torch.stack([torch.as_tensor(item[0]).double().flatten() for item in items])
    targets = torch.stack([torch.as_tensor(item[-1]).double().flatten() for item in items])
    inputs = (inputs - inputs.mean(0)) / inputs.std(0).clamp_min(1e-9)
    distances = torch.cdist(inputs, inputs).fill_diagonal_(float("inf"))
    rows = torch.arange(2, len(items) - 2)
    nearest = distances[2:-2, 2:-2].argmin(dim=1) + 2
    scores = {k: _agreement(targets[rows + k], targets[nearest + k]) for k in SHIFTS}
    best = max(SHIFTS, key=lambda k: float(scores[k].mean()))
    gain = scores[best] - scores[0]
    error = float(gain.std()) / max(1, len(gain)) ** 0.5
    return best if float(gain.mean()) > ERRORS * error else 0


def _agreement(own: Tensor, other: Tensor) -> Tensor:
    """(N,) from 0 for as far apart as can be to 1 for equal."""
    apart = (own - other).abs().mean(dim=1)
    return 1 - apart / apart.max().clamp_min(1e-9)
