"""Blank out a random square of each picture, so that no single part decides alone.

Helps: photos and longer trainings that over-fit. Hurts: short trainings, and classes told apart by one small part.
Source: DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", arXiv 1708.04552.
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

__all__ = ["Cutout"]


@augmentations.register("cutout")
@dataclass(frozen=True, kw_only=True)
class Cutout:
    """Set a square to the mean colour (0 after normalisation); its centre lies anywhere in the picture."""

    fraction: float = 0.375  # side of the square relative to the picture's; 12 of 32 pixels

    modality: ClassVar[Modality] = Modality.IMAGE

    def __post_init__(self) -> None:
        if not 0 <= self.fraction <= 1:
            raise ConfigError(f"Cutout.fraction must be in [0, 1]; got {self.fraction!r}. 0 switches it off.")

    def __call__(self, batch: Batch, *, rows: Tensor, epoch: int, generator: torch.Generator) -> Batch:
        """See ``Augmentation``."""
        if self.fraction == 0:
            return batch
        images = batch["image"]
        centres = torch.rand(2, len(images), 1, generator=generator).to(images.device)
        inside = [self._near(centre, side) for centre, side in zip(centres, images.shape[2:])]
        blank = inside[0][:, None, :, None] & inside[1][:, None, None, :]  # (B, 1, H, W)
        return {**batch, "image": images.clone().masked_fill_(blank, 0.0)}

    def views(self, batch: Batch) -> list[Batch]:
        """Nothing is hidden at test time."""
        return [batch]

    def _near(self, centre: Tensor, side: int) -> Tensor:
        """(B, 1) centres in [0, 1) -> (B, side): which positions lie within the square."""
        positions = (torch.arange(side, device=centre.device) + 0.5) / side
        return (positions - centre).abs() < self.fraction / 2
