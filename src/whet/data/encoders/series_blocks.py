"""Reading the series columns of a dataset a block at a time, so that memory-mapped ones are never held whole."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from whet.data.columns import SeriesColumn
from whet.data.dataset import Dataset
from whet.data.encoders.series_steps import fit_length
from whet.data.kinds import Kind
from whet.errors import DataError, did_you_mean

__all__ = ["SeriesBlocks", "SeriesLayout", "channel_moments", "new_array"]

_BLOCK_VALUES = 1 << 22  # numbers handled at a time: 16 MB
_IN_MEMORY_BYTES = 1 << 30  # larger results are memory-mapped where a scratch folder is given


@dataclass(frozen=True)
class SeriesLayout:
    """Which columns hold series, how many channels each has, and the longest length in steps."""

    columns: tuple[str, ...]
    channels: tuple[int, ...]
    length: int

    @classmethod
    def of(cls, train: Dataset) -> SeriesLayout:
        """The layout of the training data, as its schema declares it."""
        found = train.schema.of_kind(Kind.SERIES)
        if not found:
            raise DataError(f"{train.origin} has no series column; a series model needs at least one.")
        values = [_column(train, c.name).values for c in found]
        declared = max(c.series_shape[1] for c in found)
        longest = declared or max(v.shape[2] for v in values)
        return cls(tuple(c.name for c in found), tuple(v.shape[1] for v in values), longest)

    @property
    def num_channels(self) -> int:
        """C, over all columns."""
        return sum(self.channels)

    def check(self, dataset: Dataset) -> None:
        """A DataError where a column is missing or has another number of channels."""
        for name, expected in zip(self.columns, self.channels, strict=True):
            if name not in dataset.columns:
                raise DataError(
                    f"{dataset.origin}: column {name!r} is missing; the model reads {', '.join(self.columns)}. "
                    f"{did_you_mean(name, dataset.columns)}"
                )
            found = _column(dataset, name).values.shape[1]
            if found != expected:
                raise DataError(
                    f"{dataset.origin}: series column {name!r} has {found} channels; the model was trained on "
                    f"{expected}. Give the same channels in the same order."
                )


@dataclass(frozen=True)
class SeriesBlocks:
    """Iterates over (block, C, T) float32 arrays, NaN where missing, and how many of its series were cut at T."""

    dataset: Dataset
    layout: SeriesLayout

    def __iter__(self) -> Iterator[tuple[np.ndarray, int]]:
        length = self.layout.length
        size = max(1, _BLOCK_VALUES // (self.layout.num_channels * length))
        for start in range(0, len(self.dataset), size):
            index = np.arange(start, min(start + size, len(self.dataset)))
            parts = [_column(self.dataset, name).gather(index).astype(np.float32) for name in self.layout.columns]
            is_cut = np.logical_or.reduce([np.isfinite(p[..., length:]).any(axis=(1, 2)) for p in parts])
            whole = np.concatenate([fit_length(p, length) for p in parts], axis=1)
            yield np.where(np.isfinite(whole), whole, np.float32(np.nan)), int(is_cut.sum())


def channel_moments(blocks: SeriesBlocks) -> tuple[np.ndarray, np.ndarray]:
    """(C,) float32 mean and standard deviation of all observed values; a channel that never varies gets deviation 1."""
    mean = _sums(blocks, np.zeros(blocks.layout.num_channels))[0]
    # A second pass around the mean keeps the digits of a small deviation on a large level.
    shift, squares = _sums(blocks, mean)
    std = np.sqrt(np.maximum(squares - shift**2, 0))
    return mean.astype(np.float32), np.where(std > 1e-6 * np.abs(mean), std, 1.0).astype(np.float32)


def new_array(shape: tuple[int, ...], scratch: Path | None) -> np.ndarray:
    """An empty float32 array, in a file under ``scratch`` where it would take over 1 GiB or memory has run out."""
    try:
        if scratch is None or int(np.prod(shape)) * 4 <= _IN_MEMORY_BYTES:
            return np.empty(shape, np.float32)
    except MemoryError:
        if scratch is None:
            raise
    with tempfile.NamedTemporaryFile(dir=scratch, prefix="series-", suffix=".f32", delete=False) as file:
        return np.memmap(file.name, np.float32, "w+", shape=shape)


def _column(dataset: Dataset, name: str) -> SeriesColumn:
    column = dataset.columns[name]
    if not isinstance(column, SeriesColumn):
        raise DataError(f"{dataset.origin}: column {name!r} does not hold series; got {type(column).__name__}.")
    return column


def _sums(blocks: SeriesBlocks, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(C,) mean of value - centre and mean of its square, over observed values."""
    count, total, squares = (np.zeros(len(centre)) for _ in range(3))
    for block, _ in blocks:
        shifted = block.astype(np.float64) - centre[:, None]
        count += np.isfinite(shifted).sum(axis=(0, 2))
        total += np.nansum(shifted, axis=(0, 2))
        squares += np.nansum(shifted**2, axis=(0, 2))
    return total / np.maximum(count, 1), squares / np.maximum(count, 1)
