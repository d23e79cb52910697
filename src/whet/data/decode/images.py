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
from whet.data.store import MakeArray
from whet.errors import DataError

__all__ = ["Images"]

_ROWS = 4096  # pictures copied at a time from an array
_MOST_BAD = 0.05  # share of unreadable pictures above which something is wrong with the whole source


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
        _refuse_many(faults, column, raw)
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
            faults[row] = f"picture {name!r} cannot be read: {error or type(error).__name__}"
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


def _refuse_many(faults: Mapping[int, str], column: Column, raw: Raw) -> None:
    if len(faults) <= _MOST_BAD * raw.num_rows:
        return
    if len(faults) == 1 and raw.num_rows < 1 / _MOST_BAD and raw.num_rows > 1:
        return  # one bad file among a handful is still reported, not fatal
    first = "; ".join(f"row {raw.row_numbers[r]}: {what}" for r, what in list(faults.items())[:5])
    raise DataError(
        f"{raw.origin}, column {column.name!r}: {len(faults):,} of {raw.num_rows:,} pictures cannot be read, more than "
        f"5 %: {first}. Repair or remove them; formats read are PNG, JPEG, BMP, WebP and GIF."
    )


decoders.register("image")(Images())
