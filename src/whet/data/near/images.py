"""Near-duplicate pictures: the same picture saved again, rescaled, slightly brighter or more contrasted.

A perceptual signature (the picture in grey on an 8 x 8 grid, its own mean and contrast taken out) finds candidates;
both on a 16 x 16 grid, fitted in brightness and contrast, then decide. Mirrored, turned or cropped copies are missed.
Source: after dHash and pHash (imagehash); differs: distances instead of bits, so that one k-d tree replaces all pairs.
"""

from __future__ import annotations

import numpy as np

from whet.data.columns import ImageColumn
from whet.data.near.vectors import close_pairs, equal_pairs, row_hashes

__all__ = ["image_pairs"]

_GRID = 8
_FINE_GRID = 16  # for the check: finer detail is what saving and rescaling destroy
_RADIUS = 0.2  # between unit signatures: a correlation of 0.98
_CORRELATION = 0.97  # on the fine grid; of 129 such pairs in CIFAR-10 nearly all are one photograph, some are bare seas
_RESIDUAL = 12.0  # grey levels (root mean square) that may remain after fitting brightness and contrast
_FLATTEST = 6.0  # grey levels: below this contrast nothing but noise would be compared
_ROWS = 2048


def image_pairs(column: ImageColumn) -> np.ndarray:
    """(P, 2) int64 pairs of examples, exact copies and near ones."""
    hashes, signatures, contrast = _describe(column)
    exact = equal_pairs(hashes)
    rest = np.setdiff1d(np.flatnonzero(contrast >= _FLATTEST), exact[:, 1])
    pairs = rest[close_pairs(signatures[rest], _RADIUS)]
    return np.concatenate([exact, pairs[_confirmed(column, pairs)]])


def _describe(column: ImageColumn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    height, width = column.pixels.shape[1:3]
    down, across = _averaging(height, _GRID), _averaging(width, _GRID)
    num = len(column.rows)
    hashes = np.zeros(num, dtype=np.uint64)
    signatures = np.zeros((num, down.shape[0] * across.shape[0]), dtype=np.float32)
    contrast = np.zeros(num, dtype=np.float32)
    for start in range(0, num, _ROWS):
        index = np.arange(start, min(start + _ROWS, num))
        pixels = column.gather(index)
        grid = _centred(down, _grey(pixels), across)
        length = np.linalg.norm(grid, axis=1)
        hashes[index] = row_hashes(pixels)
        contrast[index] = length / np.sqrt(grid.shape[1])
        signatures[index] = grid / np.maximum(length, 1e-6)[:, None]
    return hashes, signatures, contrast


def _grey(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(pixels.mean(axis=3, dtype=np.float32))


def _averaging(size: int, most: int) -> np.ndarray:
    """(G, size) float32: each row averages its share of ``size`` pixels, G at most ``most``."""
    grid = min(most, size)
    edges = np.linspace(0, size, grid + 1)
    place = np.arange(size)
    shares = np.minimum(edges[1:, None], place + 1) - np.maximum(edges[:-1, None], place)
    shares = np.clip(shares, 0, None)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float32)


def _confirmed(column: ImageColumn, pairs: np.ndarray) -> np.ndarray:
    """(P,) bool: the pixels agree once brightness and contrast are fitted."""
    height, width = column.pixels.shape[1:3]
    down, across = _averaging(height, _FINE_GRID), _averaging(width, _FINE_GRID)
    agree = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), _ROWS):
        block = pairs[start : start + _ROWS]
        left, right = (_centred(down, _grey(column.gather(side)), across) for side in block.T)
        powers = (left**2).mean(axis=1), (right**2).mean(axis=1)
        correlation = (left * right).mean(axis=1) / np.maximum(np.sqrt(powers[0] * powers[1]), 1e-6)
        residual = np.sqrt(np.maximum(1 - correlation**2, 0) * np.minimum(*powers))
        agree[start : start + len(block)] = (correlation >= _CORRELATION) & (residual <= _RESIDUAL)
    return agree


def _centred(down: np.ndarray, grey: np.ndarray, across: np.ndarray) -> np.ndarray:
    """(B, H, W) -> (B, G * K): averages over the grid, less each picture's mean."""
    flat = np.einsum("gh,nhw,kw->ngk", down, grey, across, optimize=True).reshape(len(grey), -1)
    return np.asarray(flat - flat.mean(axis=1, keepdims=True))
