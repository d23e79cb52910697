"""Pictures as sequences of square patches, each one vector.

Source: Dosovitskiy et al., ICLR 2021; shifted copies after Lee et al., "Vision Transformer for Small-Size Datasets",
arXiv 2112.13492, section 3.2. Differs: a picture that patches do not fit is filled up on the right and at the bottom.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["PatchEmbedding", "default_patch_size", "grid_shape"]


def default_patch_size(height: int, width: int, *, patches: int = 64) -> int:
    """Pixels along a side of patches of which about ``patches`` cover the picture.

    >>> [default_patch_size(side, side) for side in (8, 12, 28, 32, 64, 224)]
    [1, 2, 4, 4, 8, 28]
    """
    return max(1, math.floor(math.sqrt(height * width / patches) + 0.5))


def grid_shape(height: int, width: int, patch_size: int) -> tuple[int, int]:
    """Rows and columns of patches, those that stick out included."""
    return -(-height // patch_size), -(-width // patch_size)


class PatchEmbedding(nn.Module):
    """(B, C, H, W) pictures -> (B, rows * columns, ``width``), row by row.

    Args:
        channels: C.
        patch_size: pixels along a side.
        width: length of a patch's vector.
        is_shifted: give each patch also what the picture moved by half a patch along its four diagonals shows there, so
            that it sees twice as far along each side; the values are normed before they are embedded.
    """

    def __init__(self, channels: int, patch_size: int, width: int, *, is_shifted: bool) -> None:
        super().__init__()
        self.patch_size, self.is_shifted = patch_size, is_shifted
        values = (5 if is_shifted else 1) * channels * patch_size**2
        self.norm = nn.LayerNorm(values) if is_shifted else nn.Identity()
        self.embed = nn.Linear(values, width)

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        side = self.patch_size
        filled = F.pad(images, (0, -images.shape[3] % side, 0, -images.shape[2] % side))
        views = _with_shifts(filled, max(1, side // 2)) if self.is_shifted else filled
        patches = F.pixel_unshuffle(views, side).flatten(2).transpose(1, 2)  # (B, P, values)
        embedded: Tensor = self.embed(self.norm(patches))
        return embedded


def _with_shifts(images: Tensor, by: int) -> Tensor:
    """(B, 5 C, H, W): the picture, and moved by ``by`` pixels along each diagonal, zeros moving in."""
    moved = [F.pad(images, (x, -x, y, -y)) for y in (by, -by) for x in (by, -by)]
    return torch.cat([images, *moved], dim=1)
