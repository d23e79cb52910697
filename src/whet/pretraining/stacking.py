"""Several sources of one modality as one set of examples; what is stacked is copied."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from whet.data.columns import (
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
from whet.data.kinds import Modality
from whet.errors import DataError

__all__ = ["stacked"]


def stacked(datasets: Sequence[Dataset]) -> Dataset:
    """The examples of all, in order; the columns are called what the first source calls them.

    Raises:
        DataError: other kinds of examples, or examples of other shapes.
    """
    first = datasets[0]
    if len(datasets) == 1:
        return first
    _check(datasets)
    names = [list(d.columns) for d in datasets]  # a text column may have another name in each source
    columns = {n: _column([d.columns[m[i]] for d, m in zip(datasets, names)], first) for i, n in enumerate(names[0])}
    targets = [d.target for d in datasets if d.target is not None]
    return replace(
        first,
        columns=columns,
        target=np.concatenate(targets) if len(targets) == len(datasets) else None,
        groups=None,
        times=None,
        rows=np.arange(sum(map(len, datasets))),
        files=None,
        fingerprint=hashlib.sha256("\n".join(d.fingerprint for d in datasets).encode()).hexdigest(),
        origin=", ".join(d.origin for d in datasets),
        problems=tuple(p for d in datasets for p in d.problems),
        derived=Derived(),
    )


def _check(datasets: Sequence[Dataset]) -> None:
    first = datasets[0]
    for other in datasets[1:]:
        if other.schema.modality != first.schema.modality:
            raise DataError(
                f"{first.origin} holds {first.schema.modality} examples and {other.origin} {other.schema.modality}: "
                "one body reads one kind. Pretrain one for each."
            )
        kinds = [c.kind for c in other.schema.features]
        same_names = first.schema.modality is Modality.TEXT or list(other.columns) == list(first.columns)
        if not same_names or kinds != [c.kind for c in first.schema.features]:
            raise DataError(
                f"{other.origin} has the columns {', '.join(other.columns)}, but {first.origin} has "
                f"{', '.join(first.columns)}. Several sources must have the same columns."
            )


def _column(parts: Sequence[ColumnData], first: Dataset) -> ColumnData:
    if all(isinstance(p, TextColumn) for p in parts):
        return _texts([t for p in parts if isinstance(p, TextColumn) for t in p.texts()])
    if all(isinstance(p, ImageColumn) for p in parts):
        return _pictures([p for p in parts if isinstance(p, ImageColumn)], first)
    if all(isinstance(p, SeriesColumn) for p in parts):
        return _series([p for p in parts if isinstance(p, SeriesColumn)], first)
    if all(isinstance(p, CategoryColumn) for p in parts):
        chosen = [p for p in parts if isinstance(p, CategoryColumn)]
        return replace(chosen[0], codes=np.concatenate([p.codes for p in chosen]))  # one schema, so the same labels
    values = [p for p in parts if isinstance(p, NumberColumn | DateColumn)]
    return replace(values[0], values=np.concatenate([p.values for p in values]))


def _texts(texts: Sequence[str]) -> TextColumn:
    encoded = [t.encode() for t in texts]
    offsets = np.concatenate([[0], np.cumsum([len(t) for t in encoded])]).astype(np.int64)
    return TextColumn(np.frombuffer(b"".join(encoded), np.uint8), offsets, np.arange(len(texts)))


def _pictures(parts: Sequence[ImageColumn], first: Dataset) -> ImageColumn:
    sizes = {p.pixels.shape[1:] for p in parts}
    if len(sizes) > 1:
        raise DataError(
            f"the sources have pictures of {sorted(sizes)} (height, width, channels), but {first.origin} "
            "decides the size: pass --image-size, or convert them to the same number of channels."
        )
    pixels = np.concatenate([p.gather(np.arange(len(p.rows))) for p in parts])
    return ImageColumn(pixels, np.arange(len(pixels)))


def _series(parts: Sequence[SeriesColumn], first: Dataset) -> SeriesColumn:
    channels = {p.values.shape[1] for p in parts}
    if len(channels) > 1:
        raise DataError(
            f"the sources have series of {sorted(channels)} channels; {first.origin} comes first. "
            "Give sources with the same channels."
        )
    longest = max(p.values.shape[2] for p in parts)
    values = np.full((sum(len(p.rows) for p in parts), channels.pop(), longest), np.nan, np.float32)
    done = 0
    for part in parts:
        count, length = len(part.rows), part.values.shape[2]
        values[done : done + count, :, :length] = part.gather(np.arange(count))
        done += count
    return SeriesColumn(values, np.arange(len(values)))
