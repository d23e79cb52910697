"""Time shift: move every series a little earlier or later, its end values held.

Helps: events whose exact moment is an accident of the recording. Hurts: answers in the position (hour of the day), and
networks that average over time, which are nearly indifferent to it already.
Source: Le Guennec et al., "Data augmentation for time series classification using CNNs", AALTD 2016 (as slicing);
Iwana and Uchida, "An empirical survey of data augmentation for time series classification", PLOS ONE 2021.
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

__all__ = ["TimeShift"]


@augmentations.register("time_shift")
@dataclass(frozen=True, kw_only=True)
class TimeShift:
    """Shift by a whole number of steps up to ``fraction`` of the length, the same for all channels of a series."""

    modality: ClassVar[Modality] = Modality.SERIES

    fraction: float = 0.1  # of the length, in [0, 1)

    def __post_init__(self) -> None:
        if not 0.0 <= self.fraction < 1.0:
            raise ConfigError(f"TimeShift.fraction must be in [0, 1); got {self.fraction!r}. Start from 0.1; 0: off.")

    def __call__(self, batch: Batch, *, rows: Tensor, epoch: int, generator: torch.Generator) -> Batch:
        """A copy, each series shifted on its own; what falls off is lost, the last value at the other end is held."""
        series = batch["series"]  # (B, C, T)
        most = int(self.fraction * series.shape[-1])
        if most == 0:
            return batch
        shift = torch.randint(-most, most + 1, (len(series), 1), generator=generator)
        source = (torch.arange(series.shape[-1]) - shift).clamp(0, series.shape[-1] - 1)  # (B, T)
        index = source[:, None].expand(series.shape).to(series.device)
        return {**batch, "series": series.gather(-1, index)}

    def views(self, batch: Batch) -> list[Batch]:
        """The batch itself."""
        return [batch]
