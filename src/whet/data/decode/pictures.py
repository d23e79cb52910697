"""Open one picture safely and bring it to the training size.

Only PNG, JPEG, BMP, WebP and the first frame of GIF are opened: every other decoder of Pillow is attack surface.
The header's size is checked before a pixel is decoded. The whole picture is kept: another aspect ratio is squeezed,
which costs less than cutting off what the label may be about. Transparent parts are laid on white.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from whet.data.decode.named_files import named_file
from whet.data.decode.picture_limits import check_bytes, check_header
from whet.errors import DataError

__all__ = [
    "PICTURE_ENDINGS",
    "fit_picture",
    "guarding_pillow",
    "picture_header",
    "picture_path",
    "probe_picture",
    "read_picture",
]

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".webp", ".gif")

_FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF")
_GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L")
_ORIENTATION = 0x0112  # the EXIF tag


@contextmanager
def guarding_pillow() -> Iterator[None]:
    """Pillow's "decompression bomb" warning is an error inside, its remarks on sloppy metadata are silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def picture_path(value: str | None, root: Path | None) -> str:
    """The file that a cell names, which must lie under ``root``, so that a table cannot make Whet open other files.

    >>> picture_path("cat/1.png", Path("pets")) == os.path.join(os.path.abspath("pets"), "cat", "1.png")
    True
    """
    return named_file(value, root, thing="picture")


def picture_header(path: str) -> tuple[int, int, bool]:
    """Height and width as seen (after EXIF orientation), and whether the file has no colours. No pixel is decoded."""
    with _open(path) as picture:
        return _header(picture)


def probe_picture(path: str) -> tuple[int, int, bool]:
    """Height and width as seen, and whether the picture is grey, whatever the file could hold."""
    with _open(path) as picture:
        height, width, grey = _header(picture)
        if not grey:
            picture.draft("RGB", (64, 64))  # a JPEG may skip most of its work
            grey = _is_grey(np.asarray(picture.convert("RGB").resize((64, 64))))
    return height, width, grey


def read_picture(path: str, height: int, width: int, channels: int) -> np.ndarray:
    """(height, width, channels) uint8; any failure to read is an exception of some kind."""
    with _open(path) as picture:
        if picture.format == "JPEG" and (picture.width > 2 * width or picture.height > 2 * height):
            # Twice the size needed in either orientation: the antialiased resize below still does the last halving.
            side = 2 * max(width, height)
            picture.draft("L" if channels == 1 else "RGB", (side, side))
        if "exif" in picture.info:
            picture = ImageOps.exif_transpose(picture)
        return fit_picture(picture, height, width, channels)


def fit_picture(picture: Image.Image, height: int, width: int, channels: int) -> np.ndarray:
    """(height, width, channels) uint8 of an open picture, resized with antialiasing."""
    mode = "L" if channels == 1 else "RGB"
    if picture.mode != mode:
        picture = _convert(picture, mode)
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return np.asarray(picture, dtype=np.uint8).reshape(height, width, channels)


def _open(path: str) -> Image.Image:
    if not os.path.isfile(path):  # also keeps pipes and devices from being opened, which would hang
        raise DataError("there is no such file")
    check_bytes(path)
    picture = Image.open(path, formats=_FORMATS)
    try:
        check_header(picture, path)
    except DataError:
        picture.close()
        raise
    return picture


def _header(picture: Image.Image) -> tuple[int, int, bool]:
    width, height = picture.size
    turned = picture.getexif().get(_ORIENTATION, 1) >= 5
    grey = picture.mode in _GREY_MODES
    return (width, height, grey) if turned else (height, width, grey)


def _convert(picture: Image.Image, mode: str) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits: Pillow's own conversion clips instead of scaling
        deep = np.clip(np.asarray(picture).astype(np.int64) >> 8, 0, 255)
        picture = Image.fromarray(deep.astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, (255, 255, 255, 255)), layer)
    return picture.convert(mode)


def _is_grey(pixels: np.ndarray) -> bool:
    # 2 levels of slack: JPEG stores colour apart from brightness and rounds both
    spread = pixels.max(axis=2).astype(np.int16) - pixels.min(axis=2)
    return bool((spread <= 2).all())
