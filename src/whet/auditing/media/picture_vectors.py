"""A picture as one vector in which near means alike: its edges, cell by cell, and a little of its colours.

Helps: neighbours that show the same thing in another light: of ten neighbours the majority has the right label for 0.54
of CIFAR-10's pictures and 0.86 of sign digits', where averages on a grid gave 0.33 and 0.77.
Source: Dalal & Triggs, "Histograms of oriented gradients for human detection", CVPR 2005. Differs: one norm for the
    whole picture and square roots instead of blocks, which gave 0.45 and 0.86 with six times the numbers.
"""

from __future__ import annotations

import numpy as np

from whet.data.columns import ImageColumn

__all__ = ["picture_vectors"]

_ROWS = 512  # pictures at a time
_CELLS = 6  # along each side, for edges
_BINS = 8  # orientations, without sign
_GRID = 16  # along each side, for colours
_COLOURS = 0.3  # weight of colours against edges, of three tried the best


def picture_vectors(column: ImageColumn) -> np.ndarray:
    """(N, D) float32, D = 288 for edges and up to 768 for colours."""
    edges, colours = [], []
    for start in range(0, len(column.rows), _ROWS):
        pixels = column.gather(np.arange(start, min(start + _ROWS, len(column.rows)))).astype(np.float32) / 255
        edges.append(_edges(pixels.mean(axis=3)))
        colours.append(_averages(pixels, _GRID).reshape(len(pixels), -1))
    edge, colour = np.concatenate(edges), np.concatenate(colours)
    return np.concatenate([_scaled(edge), _COLOURS * _scaled(colour)], axis=1)


def _edges(grey: np.ndarray) -> np.ndarray:
    """(B, 288) for (B, H, W): how much edge of each orientation lies in each cell, square roots of a unit vector."""
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    length = np.hypot(across, down)
    turn = (np.arctan2(down, across) % np.pi) * (_BINS / np.pi)  # in bins; votes go to the two nearest
    low = np.floor(turn)
    share, low = turn - low, low.astype(np.int64) % _BINS
    votes = [np.where(low == b, 1 - share, np.where((low + 1) % _BINS == b, share, 0)) * length for b in range(_BINS)]
    cells = _averages(np.stack(votes, axis=3), _CELLS).reshape(len(grey), -1)
    return np.asarray(np.sqrt(cells / np.maximum(np.linalg.norm(cells, axis=1, keepdims=True), 1e-6)))


def _averages(values: np.ndarray, cells: int) -> np.ndarray:
    """(B, <= cells, <= cells, K) means over cells of (B, H, W, K)."""
    rows, cols = (np.linspace(0, size, min(cells, size) + 1).astype(int) for size in values.shape[1:3])
    sums = np.add.reduceat(np.add.reduceat(values, rows[:-1], axis=1), cols[:-1], axis=2)
    return np.asarray(sums / (np.diff(rows)[:, None, None] * np.diff(cols)[:, None]))


def _scaled(values: np.ndarray) -> np.ndarray:
    """So that all of it together has a variance of 1, whatever the number of axes."""
    return np.asarray(values / max(float(np.sqrt(values.var(axis=0).sum())), 1e-6), dtype=np.float32)
