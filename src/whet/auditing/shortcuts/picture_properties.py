"""What can be said about a picture without knowing what it shows: light, colours, its border, marks in its corners.

A mark is told by how much a corner differs from the stretch around it, in units of the contrast of the picture, so that
a picture that is bright or glaring all over has none. Two sizes of corner are tried: an eighth and a quarter of the
shorter side.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from whet.auditing.inspection import Inspection
from whet.auditing.media.picture_measures import picture_measures
from whet.auditing.media.sides import Side
from whet.auditing.shortcuts.example_property import Property
from whet.data.columns import ImageColumn

__all__ = ["picture_properties"]

COLOURS = ("red", "green", "blue")
CORNERS = ("top left", "top right", "bottom left", "bottom right")
FLAT = 0.02  # contrast of a picture of nearly one colour
CHUNK = 512  # pictures held as floats at a time


def picture_properties(inspection: Inspection, positions: np.ndarray) -> list[Property]:
    """Properties of the first picture column of the training examples at ``positions``."""
    column = next(c for c in inspection.data.columns.values() if isinstance(c, ImageColumn))
    measures = picture_measures(Side(part="train", half=inspection.train, positions=positions))
    whole = {
        "brightness": measures.mean / 255,
        "contrast": measures.contrast / 255,
        "sharpness": measures.sharpness,
        "colourfulness": measures.colour / 255,
    }
    found = [Property(name, "light and colour", np.asarray(v, np.float64)) for name, v in whole.items()]
    named: dict[tuple[str, str, str], list[np.ndarray]] = {}
    for start in range(0, len(positions), CHUNK):
        pixels = column.gather(positions[start : start + CHUNK]).astype(np.float32) / 255
        for name, kind, values, place in _parts(pixels):
            named.setdefault((name, kind, place), []).append(values)
    found += [Property(n, kind, np.concatenate(v).astype(np.float64), place) for (n, kind, place), v in named.items()]
    return [p for p in found if np.isfinite(p.values).any()]


def _parts(pixels: np.ndarray) -> Iterator[tuple[str, str, np.ndarray, str]]:
    """(name, kind, (B,) values, place) of (B, H, W, C) pixels in [0, 1]."""
    height, width, channels = pixels.shape[1:]
    names = [f"{c} " for c in COLOURS] if channels == 3 else [""]
    edge = max(1, min(height, width) // 16)
    ring = np.concatenate(
        [part.reshape(len(pixels), -1, channels) for part in (pixels[:, :edge], pixels[:, -edge:])]
        + [part.reshape(len(pixels), -1, channels) for part in (pixels[:, :, :edge], pixels[:, :, -edge:])],
        axis=1,
    )
    for channel, name in enumerate(names):
        yield f"{name}brightness of the border", "border", ring[:, :, channel].mean(axis=1), ""
    yield "contrast along the border", "border", ring.std(axis=1).mean(axis=1), ""
    for size in sorted({max(2, min(height, width) // share) for share in (8, 4)}):
        if 2 * size <= min(height, width):
            yield from _marks(pixels, size, names)


def _marks(pixels: np.ndarray, size: int, names: list[str]) -> Iterator[tuple[str, str, np.ndarray, str]]:
    """How each corner of ``size`` pixels differs from the stretch of the same width around it."""
    contrast = pixels.std(axis=(1, 2)).mean(axis=1) + FLAT
    for corner in CORNERS:
        turned = pixels[:, :: -1 if corner.startswith("bottom") else 1, :: -1 if corner.endswith("right") else 1]
        inner, outer = turned[:, :size, :size], turned[:, : 2 * size, : 2 * size]
        ratio = size * size / (2 * size) ** 2
        mean, whole = inner.mean(axis=(1, 2)), outer.mean(axis=(1, 2))
        around = (whole - ratio * mean) / (1 - ratio)
        for channel, name in enumerate(names):
            values = (mean - around)[:, channel] / contrast
            yield f"{name}light of the {corner} corner ({size} pixels)", "corner mark", values, f"{corner} corner"
        texture = inner.std(axis=(1, 2)).mean(axis=1) - outer.std(axis=(1, 2)).mean(axis=1)
        name = f"detail in the {corner} corner ({size} pixels)"
        yield name, "corner mark", texture / contrast, f"{corner} corner"
