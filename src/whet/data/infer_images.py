"""At which size, and with how many channels, pictures are decoded.

Pictures that are all of one size of at most 64 pixels keep it. Otherwise the longer side of the median shape becomes
64: what a small computer trains on in minutes. Bigger pictures cost with the square of the side.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from whet.data.decode.pictures import guarding_pillow, picture_path, probe_picture
from whet.data.raw import Raw
from whet.data.schema import Column
from whet.errors import ConfigError, DataError

__all__ = ["with_image_size"]

_SIDE = 64  # pixels
_LARGEST_SIDE = 1024
_PROBED = 200
_ROWS = 1000


def with_image_size(column: Column, raw: Raw, side: int | None) -> Column:
    """The column with (height, width, channels) chosen from at most 200 evenly spaced pictures."""
    if side is not None and not 8 <= side <= _LARGEST_SIDE:
        raise ConfigError(f"image_size must be between 8 and {_LARGEST_SIDE} pixels; got {side!r}. Start from {_SIDE}.")
    if column.name in raw.arrays:
        shapes, grey = _look_at_array(raw.arrays[column.name])
    else:
        shapes, grey = _look_at_files(column, raw)
    height, width = _size(shapes, side)
    seen = "all grey" if grey else "in colour"
    why = f"{column.why}; {seen}, {_described(shapes)}, decoded to {height} x {width}"
    return replace(column, image_size=(height, width, 1 if grey else 3), why=why)


def _look_at_array(pixels: np.ndarray) -> tuple[np.ndarray, bool]:
    if pixels.ndim == 3 or pixels.shape[3] in (1, 2):
        return np.array([pixels.shape[1:3]]), True
    few = np.asarray(pixels[np.linspace(0, len(pixels) - 1, min(len(pixels), _ROWS)).astype(np.int64), ..., :3])
    return np.array([pixels.shape[1:3]]), bool((few == few[..., :1]).all())


def _look_at_files(column: Column, raw: Raw) -> tuple[np.ndarray, bool]:
    names = raw.table.column(column.name).drop_null()
    picked = np.linspace(0, len(names) - 1, min(len(names), _PROBED)).astype(np.int64)
    shapes, all_grey, last_error = [], True, ""
    with guarding_pillow():
        for i in picked.tolist():
            try:
                height, width, grey = probe_picture(picture_path(names[i].as_py(), raw.root))
            except Exception as error:  # decoding meets and reports the same picture again
                last_error = f"{names[i].as_py()!r}: {error}"
                continue
            shapes.append((height, width))
            all_grey = all_grey and grey
    if not shapes:
        raise DataError(f"{raw.origin}, column {column.name!r}: no picture can be read; {last_error}.")
    return np.array(shapes), all_grey


def _size(shapes: np.ndarray, side: int | None) -> tuple[int, int]:
    median = np.median(shapes, axis=0)
    one_size = bool((shapes == shapes[0]).all())
    longer = float(median.max())
    if side is None and one_size and longer <= _SIDE:
        return int(shapes[0][0]), int(shapes[0][1])
    scale = (side if side is not None else min(_SIDE, longer)) / longer
    height, width = np.maximum(1, np.round(median * scale)).astype(int)
    return int(height), int(width)


def _described(shapes: np.ndarray) -> str:
    if (shapes == shapes[0]).all():
        return f"each {shapes[0][0]} x {shapes[0][1]} pixels"
    height, width = np.median(shapes, axis=0)
    return f"median size {height:g} x {width:g} pixels"
