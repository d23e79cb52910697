"""Histograms of oriented gradients: what a picture's edges look like, cell by cell.

Helps: a strong linear baseline for shapes, without training. Hurts: classes that differ by colour or fine texture.
Source: Dalal and Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005.
    Differs: the cell follows the picture's size (about 8 x 8 cells whatever the resolution); votes are shared between
    neighbouring orientations but not between neighbouring cells, for speed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from whet.data.columns import ImageColumn

__all__ = ["CHUNK", "chunks", "hog"]

BINS = 9  # unsigned orientations of 20 degrees each
CELLS = 8  # aimed at along the shorter side
LARGEST = 64  # pixels along the shorter side; larger pictures are averaged down first
CLIP = 0.2  # of the L2-Hys block norm
CHUNK = 512  # pictures per step: the working set stays inside the cache of one core


def hog(images: Tensor) -> Tensor:
    """(B, C, H, W) pixels on any one scale -> (B, D) float32 features with entries in [0, 1].

    >>> hog(torch.rand(2, 3, 32, 32)).shape, hog(torch.rand(2, 1, 8, 8)).shape
    (torch.Size([2, 1764]), torch.Size([2, 324]))
    """
    images = _at_most(images.float(), LARGEST)
    magnitude, angle = _gradients(images)
    cell = max(2, round(min(images.shape[2:]) / CELLS))
    cell = min(cell, *images.shape[2:])
    return _blocks(_cells(magnitude, angle, cell)).flatten(1)


def chunks(column: ImageColumn) -> Iterator[tuple[slice, Tensor]]:
    """Which examples, and their pictures (b, C, H, W) float32 in [0, 255], in steps of at most 512."""
    for start in range(0, len(column.rows), CHUNK):
        where = slice(start, min(start + CHUNK, len(column.rows)))
        pixels = np.ascontiguousarray(column.gather(np.arange(where.start, where.stop)))
        yield where, torch.from_numpy(pixels).permute(0, 3, 1, 2).float()


def _at_most(images: Tensor, side: int) -> Tensor:
    height, width = images.shape[2:]
    shrink = side / min(height, width)
    if shrink >= 1:
        return images
    return F.interpolate(images, (round(height * shrink), round(width * shrink)), mode="area")


def _gradients(images: Tensor) -> tuple[Tensor, Tensor]:
    """Length (B, H, W) and orientation in bins [0, 9) of the steepest channel's centred difference."""
    padded = F.pad(images, (1, 1, 1, 1), mode="replicate")
    across = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    down = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    squared = across.square() + down.square()
    strongest = squared.argmax(dim=1, keepdim=True)
    across, down, squared = (t.gather(1, strongest).squeeze(1) for t in (across, down, squared))
    return squared.sqrt(), (torch.atan2(down, across) * (BINS / math.pi)) % BINS


def _cells(magnitude: Tensor, angle: Tensor, cell: int) -> Tensor:
    """(B, 9, cells down, cells across): each pixel votes for the two nearest orientations, by its length."""
    votes = []
    for center in range(BINS):
        distance = (angle - center).abs()
        distance = torch.minimum(distance, BINS - distance)  # orientations go round
        votes.append(F.avg_pool2d((1 - distance).clamp_min_(0).mul_(magnitude), cell))
    return torch.stack(votes, dim=1)


def _blocks(cells: Tensor) -> Tensor:
    """(B, blocks, 36): overlapping 2 x 2 cells, each block normalised, clipped and normalised again (L2-Hys)."""
    size = (min(2, cells.shape[2]), min(2, cells.shape[3]))
    blocks = F.unfold(cells, size)  # (B, 36, blocks)
    blocks = blocks / (blocks.square().sum(dim=1, keepdim=True) + 1.0).sqrt()  # 1: a grey level, so flat areas stay 0
    blocks = blocks.clamp_max(CLIP)
    return F.normalize(blocks, dim=1, eps=1e-3).transpose(1, 2)
