"""A heat map to lay over a picture: blue speaks for the prediction, orange against it, violet was attended to."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np

__all__ = ["overlay"]

COLOURS = {"for": (60, 150, 225), "seen": (165, 125, 225)}  # bright enough for dark pictures
AGAINST = (230, 110, 30)
STRONGEST = 190  # opacity of the largest weight, of 255


def overlay(cells: Sequence[Sequence[float]], largest: float, *, positive: str = "for") -> str:
    """Data URI of a PNG of one pixel per cell; empty where cells are missing or do not form a grid.

    >>> overlay([[1.0], []], 1.0), overlay([[0.5]], 1.0)[:22]
    ('', 'data:image/png;base64,')
    """
    if not cells or not cells[0] or len({len(line) for line in cells}) > 1:
        return ""
    from PIL import Image

    weights = np.nan_to_num(np.array(cells, dtype=np.float64)) / largest
    pixels = np.empty((*weights.shape, 4), dtype=np.uint8)
    pixels[..., :3] = np.where(weights[..., None] > 0, COLOURS[positive], AGAINST)
    pixels[..., 3] = (np.minimum(1.0, np.abs(weights)) * STRONGEST).round()
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
