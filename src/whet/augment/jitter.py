"""Jitter: add a little noise to every step of a series.

Helps: sensors with noise, few examples. Hurts: answers in tiny fluctuations, or noise as large as the signal.
Source: Um et al., "Data augmentation of wearable sensor data for Parkinson's disease monitoring", ICMI 2017.
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

__all__ = ["Jitter"]


@augmentations.register("jitter")
@dataclass(frozen=True, kw_only=True)
class Jitter:
    """Gaussian noise of ``strength`` times the standard deviation of each channel of each series."""

    modality: ClassVar[Modality] = Modality.SERIES

    strength: float = 0.05  # standard deviations, 0 or more

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength < float("inf"):
            raise ConfigError(f"Jitter.strength must be 0 or more; got {self.strength!r}. Start from 0.05; 0: off.")

    def __call__(self, batch: Batch, *, rows: Tensor, epoch: int, generator: torch.Generator) -> Batch:
        """A copy with noise of its own for every step."""
        if self.strength == 0.0:
            return batch
        series = batch["series"]  # (B, C, T)
        noise = torch.randn(series.shape, generator=generator).to(series)
        spread = series.std(dim=-1, keepdim=True, correction=0)  # relative, so that a flat channel stays flat
        return {**batch, "series": series + self.strength * spread * noise}

    def views(self, batch: Batch) -> list[Batch]:
        """The batch itself: noise tells nothing at prediction time."""
        return [batch]
