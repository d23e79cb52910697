"""A picture inside the page: pixels as a data URI, so that the report is one file."""

from __future__ import annotations

import base64
import io

import numpy as np

__all__ = ["png_uri"]


def png_uri(pixels: np.ndarray, *, largest: int | None = None) -> str:
    """(H, W, C) uint8 with 1 or 3 channels -> a PNG, shrunk to ``largest`` pixels along its longer side where given.

    >>> png_uri(np.zeros((2, 2, 1), np.uint8))[:22]
    'data:image/png;base64,'
    """
    from PIL import Image

    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    if largest is not None:
        image.thumbnail((largest, largest))
    stream = io.BytesIO()
    image.save(stream, format="PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
