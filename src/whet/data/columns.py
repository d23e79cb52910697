"""Decoded columns: arrays in memory or memory-mapped, with a cheap row view so that subsets never copy pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

__all__ = [
    "AudioColumn",
    "CategoryColumn",
    "ColumnData",
    "DateColumn",
    "ImageColumn",
    "NumberColumn",
    "SeriesColumn",
    "TextColumn",
]


@dataclass(frozen=True)
class NumberColumn:
    """``values``: (N,) float64, NaN where missing."""

    values: np.ndarray

    def take(self, rows: np.ndarray) -> Self:
        """The same column for these rows."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True)
class DateColumn:
    """``values``: (N,) float64 seconds since 1970-01-01 UTC, NaN where missing."""

    values: np.ndarray

    def take(self, rows: np.ndarray) -> Self:
        """The same column for these rows."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True)
class CategoryColumn:
    """``codes``: (N,) int32 into ``labels``; -1 missing, -2 a value that the schema does not know."""

    codes: np.ndarray
    labels: tuple[str, ...]

    def take(self, rows: np.ndarray) -> Self:
        """The same column for these rows."""
        return replace(self, codes=self.codes[rows])


@dataclass(frozen=True)
class ImageColumn:
    """``pixels``: (M, H, W, C) uint8, usually memory-mapped; ``rows``: (N,) int64 view into it."""

    pixels: np.ndarray
    rows: np.ndarray

    def take(self, rows: np.ndarray) -> Self:
        """A view of these rows; no pixel is copied."""
        return replace(self, rows=self.rows[rows])

    def gather(self, index: np.ndarray) -> np.ndarray:
        """(len(index), H, W, C) uint8 copies of the pictures at ``index``."""
        return np.asarray(self.pixels[self.rows[index]])


@dataclass(frozen=True)
class TextColumn:
    """``flat``: (bytes,) uint8 UTF-8 of all texts on end; ``offsets``: (M + 1,) int64; ``rows``: (N,) view."""

    flat: np.ndarray
    offsets: np.ndarray
    rows: np.ndarray

    def take(self, rows: np.ndarray) -> Self:
        """A view of these rows; no text is copied."""
        return replace(self, rows=self.rows[rows])

    def texts(self, index: np.ndarray | slice = slice(None)) -> list[str]:
        """The texts at ``index``; a missing text is the empty string."""
        return [
            bytes(self.flat[self.offsets[r] : self.offsets[r + 1]]).decode("utf-8") for r in self.rows[index].tolist()
        ]


@dataclass(frozen=True)
class SeriesColumn:
    """``values``: (M, C, T) float32, NaN after each series' end and where missing; ``rows``: (N,) view."""

    values: np.ndarray
    rows: np.ndarray

    def take(self, rows: np.ndarray) -> Self:
        """A view of these rows; no value is copied."""
        return replace(self, rows=self.rows[rows])

    def gather(self, index: np.ndarray) -> np.ndarray:
        """(len(index), C, T) float32 copies of the series at ``index``."""
        return np.asarray(self.values[self.rows[index]])


@dataclass(frozen=True)
class AudioColumn:
    """``flat``: (samples,) float32 of all sounds on end, each at its own rate; ``rows``: (N,) view.

    A sound is the mean of its channels, unscaled: within [-1, 1], beyond only where a floating-point file goes beyond.
    ``offsets``: (M + 1,) int64 into ``flat``; ``rates``: (M,) int32 Hz; ``channels``: (M,) int8 of the file.
    """

    flat: np.ndarray
    offsets: np.ndarray
    rates: np.ndarray
    channels: np.ndarray
    rows: np.ndarray

    def take(self, rows: np.ndarray) -> Self:
        """A view of these rows; no sample is copied."""
        return replace(self, rows=self.rows[rows])

    def waves(self, index: np.ndarray | slice = slice(None)) -> list[np.ndarray]:
        """The samples of each sound at ``index``, (samples,) float32 views that must not be changed."""
        return [np.asarray(self.flat[self.offsets[r] : self.offsets[r + 1]]) for r in self.rows[index].tolist()]

    def seconds(self) -> np.ndarray:
        """(N,) float64: how long each sound lasts."""
        return np.asarray((self.offsets[self.rows + 1] - self.offsets[self.rows]) / self.rates[self.rows])


ColumnData = NumberColumn | DateColumn | CategoryColumn | ImageColumn | TextColumn | SeriesColumn | AudioColumn
