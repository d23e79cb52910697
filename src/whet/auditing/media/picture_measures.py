"""Brightness, contrast, sharpness, noise and colour of pictures, from their pixels at training size.

Sharpness compares detail at two scales: in photographs the finest detail is a nearly constant share of the next
coarser, whatever is shown; blur takes it away, noise adds to it. Noise is read where a picture is smoothest.
Source: after Field, "Relations between the statistics of natural images", 1987, and Immerkaer, "Fast noise variance
    estimation", 1996; differs: the quietest tenth of small blocks instead of the mean, which textures would raise.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from whet.auditing.inspection import Inspection
from whet.auditing.media.sides import Side, sides_of
from whet.data.columns import ImageColumn

__all__ = ["MOST_PICTURES", "PictureMeasures", "picture_measures", "picture_sides"]

MOST_PICTURES = 50_000  # about a minute at 64 x 64
_BLOCK = 6  # pixels; noise is read in blocks of this side
_SMALLEST = 12  # pixels; below, sharpness and noise cannot be told


@dataclass(frozen=True)
class PictureMeasures:
    """Each (M,) float32. Grey levels run from 0 to 255; sharpness and noise are NaN in pictures below 12 pixels."""

    mean: np.ndarray
    p1: np.ndarray  # percentiles of grey
    p5: np.ndarray
    p99: np.ndarray
    contrast: np.ndarray  # standard deviation, of the channel that varies most
    sharpness: np.ndarray  # logarithm of fine over coarse detail: white noise above 0, photographs near -1, blur -2
    detail: np.ndarray  # logarithm of fine detail over variance
    noise: np.ndarray  # grey levels, in the quietest tenth of the picture
    colour: np.ndarray  # 99th percentile of the largest channel less the smallest


def picture_sides(inspection: Inspection) -> list[tuple[Side, PictureMeasures]]:
    """Training and test pictures with their measures; empty where the examples are no pictures."""
    if not any(isinstance(c, ImageColumn) for c in inspection.data.columns.values()):
        return []
    return [(side, picture_measures(side)) for side in sides_of(inspection, most=MOST_PICTURES)]


def picture_measures(side: Side) -> PictureMeasures:
    """Measured once per picture; later calls look up."""
    name, column = next((n, c) for n, c in side.data.columns.items() if isinstance(c, ImageColumn))
    table = side.data.derived.rows(
        f"picture measures 1 {name}",
        side.rows,
        dim=len(fields(PictureMeasures)),
        compute=lambda lines: _measured(column.gather(side.positions[lines])),
    )
    return PictureMeasures(*table.T)


def _measured(pixels: np.ndarray) -> np.ndarray:
    """(B, 9) for (B, H, W, C) uint8."""
    channels = np.ascontiguousarray(np.moveaxis(pixels, 3, 0))  # channel by channel: ten times as fast to reduce
    grey = channels.mean(axis=0, dtype=np.float32)
    flat = grey.reshape(len(grey), -1)
    p1, p5, p99 = np.quantile(flat, [0.01, 0.05, 0.99], axis=1)
    contrast = channels.std(axis=(2, 3), dtype=np.float32).max(axis=0)
    colour = (channels.max(axis=0) - channels.min(axis=0)).reshape(len(grey), -1)
    fine = _laplacian_power(grey)
    sharpness = np.log(fine + 1) - np.log(_laplacian_power(_halved(grey)) + 1)
    detail = np.log(fine + 1) - np.log(flat.var(axis=1) + 1)
    measures = [flat.mean(axis=1), p1, p5, p99, contrast, sharpness, detail, _noise(grey)]
    return np.stack([*measures, np.quantile(colour, 0.99, axis=1)], axis=1)


def _laplacian_power(grey: np.ndarray) -> np.ndarray:
    """(B,) mean square of the Laplacian; NaN where the pictures are too small."""
    if min(grey.shape[1:]) < _SMALLEST // 2:
        return np.full(len(grey), np.nan, np.float32)
    middle = grey[:, 1:-1, 1:-1]
    edges = 4 * middle - grey[:, :-2, 1:-1] - grey[:, 2:, 1:-1] - grey[:, 1:-1, :-2] - grey[:, 1:-1, 2:]
    return np.asarray(np.square(edges).mean(axis=(1, 2)))


def _halved(grey: np.ndarray) -> np.ndarray:
    height, width = grey.shape[1] // 2 * 2, grey.shape[2] // 2 * 2
    return np.asarray(grey[:, :height, :width].reshape(len(grey), height // 2, 2, width // 2, 2).mean(axis=(2, 4)))


def _noise(grey: np.ndarray) -> np.ndarray:
    """(B,) standard deviation of noise: what is left after two second differences, in the quietest tenth of blocks."""
    if min(grey.shape[1:]) < _SMALLEST:
        return np.full(len(grey), np.nan, np.float32)
    down = grey[:, :-2] - 2 * grey[:, 1:-1] + grey[:, 2:]
    left = np.abs(down[:, :, :-2] - 2 * down[:, :, 1:-1] + down[:, :, 2:])  # white noise gives 6 times its spread
    rows, cols = left.shape[1] // _BLOCK, left.shape[2] // _BLOCK
    blocks = left[:, : rows * _BLOCK, : cols * _BLOCK].reshape(len(grey), rows, _BLOCK, cols, _BLOCK)
    if not rows * cols:
        return np.full(len(grey), np.nan, np.float32)
    means = blocks.mean(axis=(2, 4)).reshape(len(grey), -1)
    return np.asarray(np.quantile(means, 0.1, axis=1) * np.sqrt(np.pi / 2) / 6)
