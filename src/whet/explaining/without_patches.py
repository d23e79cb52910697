"""The picture with one square patch at a time painted over in its own mean colour."""

from __future__ import annotations

import numpy as np

from whet.data.columns import ImageColumn
from whet.explaining.layout import heat_shape
from whet.explaining.method import Example
from whet.explaining.without import Without, changed, cut

__all__ = ["without_patches"]

MOST = 8  # patches along a side


def without_patches(example: Example) -> Without:
    """Up to 64 patches, of about an eighth of the picture's side."""
    alone = example.alone
    name, column = next((n, c) for n, c in alone.columns.items() if isinstance(c, ImageColumn))
    picture = column.gather(np.array([0]))[0]  # (H, W, C)
    height, width = picture.shape[:2]
    rows, steps = cut(height, most=MOST), cut(width, most=MOST)
    pictures = np.repeat(picture[None], len(rows) * len(steps), axis=0)
    for i, (top, bottom) in enumerate(rows):
        for j, (left, right) in enumerate(steps):
            pictures[i * len(steps) + j, top:bottom, left:right] = picture.mean(axis=(0, 1)).round()
    repeated = alone.take(np.zeros(len(pictures), dtype=np.int64))
    painted = ImageColumn(pictures, np.arange(len(pictures)))
    h, w = heat_shape(alone)
    up = np.arange(h) * height // h // (rows[0][1] - rows[0][0])  # the patch that each cell of the heat map lies in
    along = np.arange(w) * width // w // (steps[0][1] - steps[0][0])
    return Without(
        variants=changed(repeated, {**repeated.columns, name: painted}, purpose="without patches"),
        spread=lambda weights: weights.reshape(len(rows), len(steps))[np.ix_(up, along)],
    )
