"""Small regions of a picture: bands, a frame, and the fields where two bands cross, as masks over rows and columns."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["LEAST_SIDE", "Region", "axes_of", "bands", "cross", "frame"]

LEAST_SIDE = 8  # pixels, of which an eighth is still one
CHANNELS = (1, 3, 4)  # numbers of channels by which a last axis is known as such


@dataclass(frozen=True, kw_only=True)
class Region:
    """A part of every picture."""

    name: str  # "rows 0-6, columns 0-6"
    mask: Tensor  # (H, W) bool


def axes_of(shape: tuple[int, ...]) -> tuple[int, int] | None:
    """The axes of rows and columns of a batch of pictures; None where it is none, or they are too small.

    >>> axes_of((32, 3, 28, 28)), axes_of((32, 28, 28, 3)), axes_of((32, 10)), axes_of((32, 3, 4, 4))
    ((2, 3), (1, 2), None, None)
    """
    if len(shape) != 4:
        return None
    first_is_small = shape[1] in CHANNELS
    axes = (1, 2) if shape[3] in CHANNELS and not first_is_small else (2, 3)
    return axes if min(shape[a] for a in axes) >= LEAST_SIDE else None


def bands(height: int, width: int) -> tuple[list[Region], list[Region]]:
    """Bands of a quarter of the rows, and of the columns, each an eighth further: a narrower one lies within one."""
    rows, columns = [], []
    for first, last in _quarters(height):
        mask = torch.zeros(height, width, dtype=torch.bool)
        mask[first:last] = True
        rows.append(Region(name=f"rows {first}-{last - 1}", mask=mask))
    for first, last in _quarters(width):
        mask = torch.zeros(height, width, dtype=torch.bool)
        mask[:, first:last] = True
        columns.append(Region(name=f"columns {first}-{last - 1}", mask=mask))
    return rows, columns


def frame(height: int, width: int) -> Region:
    """The border of an eighth of the sides."""
    thick, wide = height // 8, width // 8
    mask = torch.ones(height, width, dtype=torch.bool)
    mask[thick : height - thick, wide : width - wide] = False
    size = f"{thick}" if thick == wide else f"{thick} by {wide}"
    return Region(name=f"the border of {size} pixel{'' if size == '1' else 's'}", mask=mask)


def cross(band: Region, other: Region) -> Region:
    """The field where a band of rows and one of columns meet: a sixteenth of the picture."""
    return Region(name=f"{band.name}, {other.name}", mask=band.mask & other.mask)


def _quarters(side: int) -> list[tuple[int, int]]:
    edges = [side * i // 8 for i in range(9)]
    return [(edges[i], edges[i + 2]) for i in range(7)]
