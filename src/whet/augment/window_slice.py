"""Window slicing: train on a random window of every series, stretched back to the full length.

Helps: long series whose answer shows in any large part of them, and differences of speed. Hurts: answers at the ends.
Source: Le Guennec, Malinowski and Tavenard, "Data augmentation for time series classification using convolutional
neural networks", AALTD 2016.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whet.augment.augmentation import augmentations
from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.errors import ConfigError

__all__ = ["WindowSlice"]


@augmentations.register("window_slice")
@dataclass(frozen=True, kw_only=True)
class WindowSlice:
    """Keep a window of ``fraction`` of the steps at a random place; linear interpolation brings back the length."""

    modality: ClassVar[Modality] = Modality.SERIES

    fraction: float = 0.9  # of the length, in (0, 1]

    def __post_init__(self) -> None:
        if not 0.0 < self.fraction <= 1.0:
            raise ConfigError(f"WindowSlice.fraction must be in (0, 1]; got {self.fraction!r}. Start from 0.9; 1: off.")

    def __call__(self, batch: Batch, *, rows: Tensor, epoch: int, generator: torch.Generator) -> Batch:
        """A copy, one window per series, the same for all of its channels."""
        if self.fraction == 1.0:
            return batch
        start = (1 - self.fraction) * torch.rand(len(batch["series"]), generator=generator)
        return {**batch, "series": _stretched(batch["series"], start, self.fraction)}

    def views(self, batch: Batch) -> list[Batch]:
        """The batch itself, then its first, middle and last window."""
        if self.fraction == 1.0:
            return [batch]
        series, room = batch["series"], 1 - self.fraction
        starts = [torch.full((len(series),), place * room) for place in (0.0, 0.5, 1.0)]
        return [batch, *({**batch, "series": _stretched(series, start, self.fraction)} for start in starts)]


def _stretched(series: Tensor, start: Tensor, fraction: float) -> Tensor:
    """(B, C, T) series read at T evenly spaced places of a window that begins at ``start`` (B,), a share of T - 1."""
    last = series.shape[-1] - 1
    places = last * (start[:, None] + fraction * torch.linspace(0, 1, last + 1))  # (B, T)
    left = places.floor().clamp(0, last).long()
    weight = (places - left).to(series)[:, None]
    low, right = left[:, None].expand(series.shape).to(series.device), (left + 1).clamp(max=last)
    high = right[:, None].expand(series.shape).to(series.device)
    return torch.lerp(series.gather(-1, low), series.gather(-1, high), weight)
