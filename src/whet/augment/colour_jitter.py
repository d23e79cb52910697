"""Change brightness, contrast and saturation a little, picture by picture.

Helps: photos taken in varying light. Hurts: tasks whose classes differ by colour or brightness.
Source: Howard, "Some Improvements on Deep Convolutional Neural Network Based Image Classification", arXiv 1312.5402.
    Differs: acts on normalised pixels without clipping, as one multiply and one add per pixel and channel.
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

__all__ = ["ColourJitter"]


@augmentations.register("colour_jitter")
@dataclass(frozen=True, kw_only=True)
class ColourJitter:
    """Strengths are the largest change: brightness in standard deviations, the others as a fraction."""

    brightness: float = 0.3
    contrast: float = 0.3
    saturation: float = 0.3  # no effect on grey pictures

    modality: ClassVar[Modality] = Modality.IMAGE

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"ColourJitter.{name} must be in [0, 1]; got {getattr(self, name)!r}.")

    def __call__(self, batch: Batch, *, rows: Tensor, epoch: int, generator: torch.Generator) -> Batch:
        """See ``Augmentation``."""
        if self.brightness == self.contrast == self.saturation == 0:
            return batch
        images = batch["image"]
        draws = (torch.rand(3, len(images), 1, 1, 1, generator=generator) * 2 - 1).to(images.device)
        contrast = 1 + self.contrast * draws[1]
        offset = images.mean(dim=(2, 3), keepdim=True) * (1 - contrast) + self.brightness * draws[0]
        if self.saturation == 0 or images.shape[1] != 3:
            return {**batch, "image": torch.addcmul(offset, images, contrast)}
        return {**batch, "image": self._mixed(images, contrast, 1 + self.saturation * draws[2]) + offset}

    def _mixed(self, images: Tensor, contrast: Tensor, saturation: Tensor) -> Tensor:
        """contrast * (saturation * pixel + (1 - saturation) * grey), grey being the mean of the three channels."""
        grey = images.mean(dim=1, keepdim=True) * (contrast * (1 - saturation))
        return torch.addcmul(grey, images, contrast * saturation)

    def views(self, batch: Batch) -> list[Batch]:
        """Colours are left alone at test time."""
        return [batch]
