"""Sizes and colour modes of pictures as their files say, before anything is scaled. No pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.auditing.inspection import Inspection
from whet.auditing.media.sides import Side, sides_of
from whet.data.columns import ImageColumn
from whet.data.decode.pictures import guarding_pillow, picture_header, picture_path
from whet.data.kinds import Kind

__all__ = ["MOST_HEADERS", "PictureHeaders", "header_sides"]

MOST_HEADERS = 20_000  # files, opened in a few seconds


@dataclass(frozen=True)
class PictureHeaders:
    """Each (M,) float32; NaN where a file could not be opened again."""

    height: np.ndarray  # pixels, as seen
    width: np.ndarray
    is_grey: np.ndarray  # 1: the file has no colour channels

    @property
    def side(self) -> np.ndarray:
        """The square root of the area: one number for the size, whatever the shape."""
        return np.asarray(np.sqrt(self.height * self.width))

    @property
    def aspect(self) -> np.ndarray:
        """Width over height."""
        return np.asarray(self.width / self.height)


def header_sides(inspection: Inspection) -> list[tuple[Side, PictureHeaders]]:
    """Training and test pictures with their headers; empty where they are no files (arrays are all of one size)."""
    named = inspection.columns(Kind.IMAGE)
    if not named or not isinstance(inspection.data.columns[named[0]], ImageColumn):
        return []
    sides = sides_of(inspection, most=MOST_HEADERS)
    if any(named[0] not in side.half.raw.table.column_names for side in sides):
        return []
    return [(side, _headers(side, named[0])) for side in sides]


def _headers(side: Side, name: str) -> PictureHeaders:
    paths = side.half.raw.table.column(name)

    def read(lines: np.ndarray) -> np.ndarray:
        at = side.half.positions[side.positions[lines]].tolist()
        with guarding_pillow():
            return np.array([_header(paths[i].as_py(), side) for i in at], np.float32).reshape(-1, 3)

    return PictureHeaders(*side.data.derived.rows(f"picture headers 1 {name}", side.rows, dim=3, compute=read).T)


def _header(value: str | None, side: Side) -> tuple[float, float, float]:
    try:
        return picture_header(picture_path(value, side.half.raw.root))
    except Exception:  # Pillow's decoders raise of every kind; the picture was decoded before, its size is not known
        return np.nan, np.nan, np.nan
