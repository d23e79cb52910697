"""Turn, scale and stretch pictures a little.

Helps: few photos, objects at varying angles and distances. Hurts: classes told apart by angle or size.
Source: Simard et al., "Best Practices for Convolutional Neural Networks", ICDAR 2003. Bilinear; the border reflects.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from whet.augment.augmentation import augmentations
from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.errors import ConfigError

__all__ = ["Affine"]


@augmentations.register("affine")
@dataclass(frozen=True, kw_only=True)
class Affine:
    """Each picture gets its own angle in [-degrees, degrees] and factor in [1 - scale, 1 + scale] per axis."""

    degrees: float = 10.0
    scale: float = 0.1

    modality: ClassVar[Modality] = Modality.IMAGE

    def __post_init__(self) -> None:
        if not 0 <= self.degrees <= 180:
            raise ConfigError(f"Affine.degrees must be in [0, 180]; got {self.degrees!r}.")
        if not 0 <= self.scale < 1:
            raise ConfigError(f"Affine.scale must be in [0, 1); got {self.scale!r}.")

    def __call__(self, batch: Batch, *, rows: Tensor, epoch: int, generator: torch.Generator) -> Batch:
        """See ``Augmentation``."""
        if self.degrees == self.scale == 0:
            return batch
        images = batch["image"]
        draws = torch.rand(3, len(images), generator=generator) * 2 - 1
        transform = self._transform(draws, images.shape[2] / images.shape[3]).to(images.device)
        grid = F.affine_grid(transform, list(images.shape), align_corners=False)
        moved = F.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
        return {**batch, "image": moved.contiguous(memory_format=torch.channels_last)}

    def _transform(self, draws: Tensor, aspect: float) -> Tensor:
        """(3, B) draws in [-1, 1] -> (B, 2, 3) maps from output to input positions; ``aspect`` is H / W."""
        angle = math.radians(self.degrees) * draws[0]
        across, along = 1 + self.scale * draws[1], 1 + self.scale * draws[2]
        cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
        x_row = torch.stack([cos * across, -sin * across * aspect, zero], dim=1)
        y_row = torch.stack([sin * along / aspect, cos * along, zero], dim=1)
        return torch.stack([x_row, y_row], dim=1)

    def views(self, batch: Batch) -> list[Batch]:
        """Upright at test time."""
        return [batch]
