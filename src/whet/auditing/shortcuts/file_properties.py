"""What the header of a picture file says beside the picture: its size, shape, format and JPEG quality.

Pictures are brought to one size before a model sees them, yet traces of these stay, and where they go with the class
the pictures of the classes come from different sources.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from whet.auditing.inspection import Half
from whet.auditing.shortcuts.example_property import Property
from whet.data.decode.pictures import guarding_pillow

__all__ = ["MOST_FILES", "file_properties"]

MOST_FILES = 5_000  # headers read: a few seconds
NAMES = ("width of the file", "height of the file", "shape (width over height) of the file", "colour channels")
JPEG = "JPEG compression"


def file_properties(half: Half, positions: np.ndarray) -> list[Property]:
    """Header properties of the examples at ``positions``; none where the pictures are not files of a folder."""
    if half.data.files is None or half.raw.root is None:
        return []
    root = Path(half.raw.root)
    with guarding_pillow():
        table = np.array([_header(root / str(name)) for name in half.data.files[positions]])
    named = [Property(name, "file", values) for name, values in zip((*NAMES, JPEG), table.T, strict=True)]
    return [p for p in named if len(np.unique(p.values)) > 1]


def _header(path: Path) -> tuple[float, ...]:
    """Width, height, shape, channels, and the mean of the JPEG tables (0: no JPEG); NaN where it cannot be read."""
    try:
        with Image.open(path) as picture:
            tables = getattr(picture, "quantization", None) or {}
            coarse = float(np.mean([np.mean(t) for t in tables.values()])) if tables else 0.0
            width, height = picture.size
            return float(width), float(height), width / height, float(len(picture.getbands())), coarse
    except (OSError, ValueError, SyntaxError):  # a damaged file is another check's business
        return (float("nan"),) * 5
