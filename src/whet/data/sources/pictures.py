"""Arrays of pictures become (N, H, W) or (N, H, W, C) uint8, whatever library made them."""

from __future__ import annotations

import numpy as np

from whet.errors import DataError

__all__ = ["channels_last", "looks_like_pictures", "to_pixels"]

_CHANNELS = (1, 3, 4)
_ROWS = 1024  # converted at a time, so that only the result needs memory
_SMALLEST_SIDE = 8
_SLACK = 1e-3  # rounding of resized pictures just outside [0, 1]


def looks_like_pictures(x: np.ndarray) -> bool:
    """Whether ``x`` (N, A, B) is a stack of grey pictures rather than of series with A channels.

    uint8 is. Other numbers are when both sides have at least 8 steps, neither is twice the other, and all values lie
    in [0, 1]; a series like that needs ``prefer="series"``.
    """
    if x.dtype == np.uint8:
        return True
    short, long = sorted(x.shape[1:])
    return bool(short >= _SMALLEST_SIDE and long <= 2 * short and x.min() >= 0 and x.max() <= 1)


def channels_last(x: np.ndarray, origin: str) -> np.ndarray:
    """(N, H, W, C) of (N, H, W, C) or (N, C, H, W); the axis with 1, 3 or 4 entries holds the channels."""
    if x.ndim == 3 or x.shape[3] in _CHANNELS:
        return x
    if x.shape[1] in _CHANNELS:
        return x.transpose(0, 2, 3, 1)
    raise DataError(
        f"{origin}: pictures have shape {x.shape}; expected (N, H, W), (N, H, W, C) or (N, C, H, W) with 1, 3 or 4 "
        "channels. Keep at most three channels."
    )


def to_pixels(x: np.ndarray, origin: str) -> np.ndarray:
    """uint8 pixels: values in [0, 1] are scaled by 255, whole numbers in [0, 255] kept.

    >>> to_pixels(np.array([[[0.0, 1.0]]]), "x").tolist()
    [[[0, 255]]]
    """
    x = channels_last(x, origin)
    if x.dtype == np.uint8:
        return x
    if x.dtype == np.bool_:
        return x.astype(np.uint8) * np.uint8(255)
    low, high = float(x.min()), float(x.max())  # NaN wins both, and fails every comparison below
    is_unit = x.dtype.kind == "f" and low >= -_SLACK and high <= 1 + _SLACK
    pixels = np.empty(x.shape, np.uint8)
    for start in range(0, len(x), _ROWS):
        part = x[start : start + _ROWS]
        scaled = np.rint(np.clip(part, 0, 1) * 255) if is_unit else part
        if not is_unit and not (low >= 0 and high <= 255 and np.array_equal(part, np.rint(part))):
            raise DataError(
                f"{origin}: pixels lie between {low:g} and {high:g}; expected values in [0, 1], or whole numbers "
                "in [0, 255]. Undo the normalisation: Whet learns its own."
            )
        pixels[start : start + _ROWS] = scaled
    return pixels
