"""One plain number per example that a person can name: its brightness, its length, the size of its file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Property"]


@dataclass(frozen=True)
class Property:
    """``values`` (N,) float64, NaN where not known. ``kind`` says where it comes from: "border", "corner mark".

    ``place``: properties that describe the same thing share it ("the top left corner"); empty: this one stands alone.
    """

    name: str  # "brightness", "width of the file in pixels"
    kind: str
    values: np.ndarray
    place: str = ""
