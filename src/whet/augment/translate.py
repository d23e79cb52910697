"""Shift pictures by a few pixels; what enters at the border is the picture's own reflection.

Helps: nearly every picture task with few examples. Hurts: pictures so small that the shift moves a whole part.
Source: Jordan, arXiv 2404.00498, section 3.4 (2 pixels for 32 x 32), after the padded crops of He et al., 2016.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whet.augment.augmentation import augmentations
from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.errors import ConfigError, ShapeError

__all__ = ["Translate", "shifted"]


@augmentations.register("translate")
@dataclass(frozen=True, kw_only=True)
class Translate:
    """Each picture moves by its own whole number of pixels in [-pixels, pixels], down and right separately."""

    pixels: int = 2  # 0 switches it off

    modality: ClassVar[Modality] = Modality.IMAGE

    def __post_init__(self) -> None:
        if self.pixels < 0:
            raise ConfigError(f"Translate.pixels must be 0 or more; got {self.pixels!r}. Start from side / 16.")

    def __call__(self, batch: Batch, *, rows: Tensor, epoch: int, generator: torch.Generator) -> Batch:
        """See ``Augmentation``."""
        if self.pixels == 0:
            return batch
        moves = torch.randint(-self.pixels, self.pixels + 1, (2, len(rows)), generator=generator)
        return {**batch, "image": shifted(batch["image"], moves[0], moves[1], most=self.pixels)}

    def views(self, batch: Batch) -> list[Batch]:
        """The pictures, then moved by one pixel up and left, then down and right."""
        if self.pixels == 0:
            return [batch]
        ones = torch.ones(len(batch["image"]), dtype=torch.int64)
        return [batch] + [{**batch, "image": shifted(batch["image"], m, m, most=1)} for m in (-ones, ones)]


def shifted(images: Tensor, down: Tensor, right: Tensor, *, most: int) -> Tensor:
    """(B, C, H, W) moved by ``down`` and ``right`` (B,) pixels, each in [-most, most]; the border reflects.

    >>> shifted(torch.arange(3.0).reshape(1, 1, 1, 3).expand(1, 1, 2, 3), torch.tensor([0]), torch.tensor([1]), most=1)
    tensor([[[[1., 0., 1.],
              [1., 0., 1.]]]])
    """
    batch, channels, height, width = images.shape
    if most >= min(height, width):
        raise ShapeError(f"pictures of {height}x{width} pixels cannot move by {most}; set Translate.pixels lower.")
    device = images.device
    columns = reflect(torch.arange(-most, width + most, device=device), width)
    padded = images.permute(0, 2, 3, 1)[:, :, columns].flatten(2)  # (B, H, (W + 2 most) C), a copy
    # All 2 most + 1 windows of a row as one view: the gather below then copies whole rows, not single pixels.
    windows = padded.unfold(2, width * channels, channels)  # (B, H, 2 most + 1, W C)
    lines = reflect(torch.arange(height, device=device) - down.to(device)[:, None], height)  # (B, H)
    example = torch.arange(batch, device=device)[:, None]
    moved = windows[example, lines, most - right.to(device)[:, None]]  # (B, H, W C)
    return moved.reshape(batch, height, width, channels).permute(0, 3, 1, 2)


def reflect(positions: Tensor, length: int) -> Tensor:
    """Positions outside [0, length) mirrored at the border pixel, which is not repeated."""
    last = length - 1
    return last - (last - positions.abs()).abs()
