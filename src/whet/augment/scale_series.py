"""Scaling: stretch every series in amplitude by a random factor around 1.

Helps: sensors with a gain that differs between recordings. Hurts: answers in the amplitude itself.
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

__all__ = ["ScaleSeries"]


@augmentations.register("scale_series")
@dataclass(frozen=True, kw_only=True)
class ScaleSeries:
    """Multiply each channel of each series by exp(``strength`` * z), z standard normal."""

    modality: ClassVar[Modality] = Modality.SERIES

    strength: float = 0.1  # standard deviation of the factor's logarithm, 0 or more

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength < float("inf"):
            raise ConfigError(f"ScaleSeries.strength must be 0 or more; got {self.strength!r}. Start from 0.1; 0: off.")

    def __call__(self, batch: Batch, *, rows: Tensor, epoch: int, generator: torch.Generator) -> Batch:
        """A copy with one factor per series and channel."""
        if self.strength == 0.0:
            return batch
        series = batch["series"]  # (B, C, T)
        factors = torch.exp(self.strength * torch.randn((*series.shape[:2], 1), generator=generator))
        return {**batch, "series": series * factors.to(series)}

    def views(self, batch: Batch) -> list[Batch]:
        """The batch itself: the gain of a recording is not known at prediction time."""
        return [batch]
