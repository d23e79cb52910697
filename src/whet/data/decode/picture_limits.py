"""What a picture file may ask for, checked before a pixel is decoded: pixels, sides, bytes, and passes over it.

A header may promise more pixels than memory holds; megabytes of notes may surround a thumbnail; a progressive JPEG of
kilobytes may tell its decoder to go over millions of pixels thousands of times.
"""

from __future__ import annotations

import os

from PIL import Image

from whet.data.sources.limits import in_megabytes
from whet.errors import DataError

__all__ = ["MAX_PIXELS", "check_bytes", "check_header"]

MAX_PIXELS = 50_000_000
MAX_SIDE = 30_000  # pixels; memory for one row or column is bounded too
MAX_BYTES = 256 << 20

_MAX_NOTES = 8 << 20  # bytes that are not pixels: profiles, thumbnails, texts
_BYTES_PER_PIXEL = 8  # as large as an honest pixel gets: four channels of 16 bits
_MAX_SCANS = 64  # encoders write about ten
_SCAN = b"\xff\xda"  # begins a scan; inside one, a byte 0xff is followed by 0x00


def check_bytes(path: str) -> None:
    """Before the file is opened as a picture."""
    size = os.path.getsize(path)
    if size > MAX_BYTES:
        raise DataError(f"{in_megabytes(size)} are more than the {in_megabytes(MAX_BYTES)} allowed")


def check_header(picture: Image.Image, path: str) -> None:
    """Once the header is read, and before the pixels are."""
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise DataError(f"{width} x {height} pixels are more than the {MAX_PIXELS:,} allowed")
    if max(width, height) > MAX_SIDE:
        raise DataError(f"{width} x {height} pixels: a side is longer than the {MAX_SIDE:,} allowed")
    if picture.format in ("PNG", "JPEG", "MPO"):  # the others may hold more pictures than the first
        size = os.path.getsize(path)
        if size > _BYTES_PER_PIXEL * width * height + _MAX_NOTES:
            shape = f"{width} x {height} pixels"
            raise DataError(f"{in_megabytes(size)} are too many for {shape}; save it again without notes")
    if "progressive" in picture.info:
        with open(path, "rb") as file:
            scans = file.read().count(_SCAN)
        if scans > _MAX_SCANS:
            raise DataError(f"{scans:,} scans are more than the {_MAX_SCANS} allowed; save it again")
