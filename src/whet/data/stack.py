"""Two decoded sources of one schema, one after the other: for comparing training with test examples. Copies arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from whet.data.columns import (
    AudioColumn,
    CategoryColumn,
    ColumnData,
    DateColumn,
    ImageColumn,
    NumberColumn,
    SeriesColumn,
    TextColumn,
)
from whet.data.dataset import Dataset
from whet.data.derived import Derived

__all__ = ["stacked"]


def stacked(first: Dataset, second: Dataset) -> Dataset:
    """The features of ``first``, then those of ``second``; target, groups, times and files are left behind.

    ``rows`` count from 0, so that each half keeps its place.
    """
    num = len(first) + len(second)
    return replace(
        first,
        columns={name: _both(column, second.columns[name]) for name, column in first.columns.items()},
        target=None,
        groups=None,
        times=None,
        files=None,
        rows=np.arange(num),
        fingerprint=f"{first.fingerprint}+{second.fingerprint}",
        derived=Derived(),
    )


def _both(a: ColumnData, b: ColumnData) -> ColumnData:
    match a, b:
        case NumberColumn(), NumberColumn():
            return NumberColumn(np.concatenate([a.values, b.values]))
        case DateColumn(), DateColumn():
            return DateColumn(np.concatenate([a.values, b.values]))
        case CategoryColumn(), CategoryColumn():
            return replace(a, codes=np.concatenate([a.codes, b.codes]))
        case ImageColumn(), ImageColumn():
            pixels = np.concatenate([a.pixels[a.rows], b.pixels[b.rows]])
            return ImageColumn(pixels, np.arange(len(pixels)))
        case SeriesColumn(), SeriesColumn():
            longest = max(a.values.shape[2], b.values.shape[2])
            values = np.concatenate([_padded(c.values[c.rows], longest) for c in (a, b)])
            return SeriesColumn(values, np.arange(len(values)))
        case TextColumn(), TextColumn():
            flat = np.concatenate([a.flat, b.flat])
            offsets = np.concatenate([a.offsets, b.offsets[1:] + len(a.flat)])
            return TextColumn(flat, offsets, np.concatenate([a.rows, b.rows + len(a.offsets) - 1]))
        case AudioColumn(), AudioColumn():
            return AudioColumn(
                flat=np.concatenate([a.flat, b.flat]),
                offsets=np.concatenate([a.offsets, b.offsets[1:] + len(a.flat)]),
                rates=np.concatenate([a.rates, b.rates]),
                channels=np.concatenate([a.channels, b.channels]),
                rows=np.concatenate([a.rows, b.rows + len(a.rates)]),
            )
        case AudioColumn(), AudioColumn():
            return AudioColumn(
                np.concatenate([a.flat, b.flat]),
                np.concatenate([a.offsets, b.offsets[1:] + len(a.flat)]),
                np.concatenate([a.rates, b.rates]),
                np.concatenate([a.channels, b.channels]),
                np.concatenate([a.rows, b.rows + len(a.rates)]),
            )
        case _:
            raise TypeError(f"{type(a).__name__} and {type(b).__name__} cannot be stacked")


def _padded(values: np.ndarray, length: int) -> np.ndarray:
    return np.pad(values, ((0, 0), (0, 0), (0, length - values.shape[2])), constant_values=np.nan)
