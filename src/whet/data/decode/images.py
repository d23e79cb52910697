"""Pictures: (M, H, W, C) uint8 at training size, from files or from an array, unreadable ones reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from whet.data.columns import ImageColumn
from whet.data.decode.decoder import Decoded, decoders
from whet.data.decode.pictures import fit_picture, guarding_pillow, picture_path, read_picture
from whet.data.raw import Raw
from whet.data.schema import Column
from whet.data.sources.tally import snippet
from whet.data.store import MakeArray

__all__ = ["Images"]

_ROWS = 4096  # pictures copied at a time from an array
_LONG_NAME = 255


@dataclass(frozen=True)
class Images:
    """Every picture is decoded once, at the size that ``column.image_size`` says."""

    def decode(self, column: Column, raw: Raw, make: MakeArray) -> Decoded:
        """One array ``pixels`` (M, H, W, C); an unreadable picture stays black there and becomes a fault."""
        pixels = make("pixels", (raw.num_rows, *column.image_size), np.uint8)
        with guarding_pillow():
            if column.name in raw.arrays:
                _copy(raw.arrays[column.name], pixels)
                return Decoded(arrays={"pixels": pixels})
            faults = _read(column, raw, pixels)
        return Decoded(arrays={"pixels": pixels}, faults=faults)

    def view(self, column: Column, arrays: Mapping[str, np.ndarray], rows: np.ndarray) -> ImageColumn:
        """A view of the kept rows."""
        return ImageColumn(arrays["pixels"], rows)


def _read(column: Column, raw: Raw, pixels: np.ndarray) -> dict[int, str]:
    faults: dict[int, str] = {}
    names = (name for chunk in raw.table.column(column.name).chunks for name in chunk.to_pylist())
    for row, name in enumerate(names):
        try:
            pixels[row] = read_picture(picture_path(name, raw.root), *column.image_size)
        except Exception as error:  # damaged pictures raise nearly anything; each one is reported, none is lost
            shown = name if name is None else snippet(name, _LONG_NAME)
            faults[row] = f"picture {shown} cannot be read: {str(error)[:300] or type(error).__name__}"
    return faults


def _copy(source: np.ndarray, pixels: np.ndarray) -> None:
    height, width, channels = pixels.shape[1:]
    source = source[..., None] if source.ndim == 3 else source
    for start in range(0, len(source), _ROWS):
        block = np.asarray(source[start : start + _ROWS])
        if block.shape[1:] == pixels.shape[1:]:
            pixels[start : start + len(block)] = block
            continue
        for i, picture in enumerate(block):
            flat = picture[..., 0] if picture.shape[2] == 1 else picture
            pixels[start + i] = fit_picture(Image.fromarray(flat), height, width, channels)


decoders.register("image")(Images())
