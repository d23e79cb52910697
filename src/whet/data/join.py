"""Put two views of the same decoded data together again; arrays are shared, not copied."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from whet.data.columns import ColumnData
from whet.data.dataset import Dataset

__all__ = ["joined", "share_storage"]

PER_EXAMPLE = ("values", "codes", "rows")  # fields that grow; a series' values are storage, recognised by identity


def share_storage(a: Dataset, b: Dataset) -> bool:
    """Are both views of one decoded source."""
    return a.fingerprint == b.fingerprint and a.columns.keys() == b.columns.keys()


def joined(a: Dataset, b: Dataset) -> Dataset:
    """The examples of ``a``, then those of ``b``; both must be views of one decoded source."""
    assert share_storage(a, b), "views of different data cannot be joined"

    def both(first: np.ndarray | None, second: np.ndarray | None) -> np.ndarray | None:
        return None if first is None or second is None else np.concatenate([first, second])

    return replace(
        a,
        columns={name: _column(column, b.columns[name]) for name, column in a.columns.items()},
        target=both(a.target, b.target),
        groups=both(a.groups, b.groups),
        times=both(a.times, b.times),
        rows=np.concatenate([a.rows, b.rows]),
        taught=both(a.taught, b.taught),
        files=both(a.files, b.files),
    )


def _column(a: ColumnData, b: ColumnData) -> ColumnData:
    changed: dict[str, Any] = {}
    has_view = any(f.name == "rows" for f in fields(a))
    for field in fields(a):
        first, second = getattr(a, field.name), getattr(b, field.name)
        if field.name == "rows" or (not has_view and field.name in PER_EXAMPLE):
            changed[field.name] = np.concatenate([first, second])
    return replace(a, **changed)
