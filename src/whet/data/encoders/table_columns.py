"""Reading the columns of a table: plain arrays by name, with what cannot be read refused once, at the fit."""

from __future__ import annotations

import numpy as np

from whet.data.columns import CategoryColumn, DateColumn, NumberColumn, TextColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Kind
from whet.errors import DataError

__all__ = ["category_of", "finite_of", "names_of", "require_readable", "target_of", "texts_of"]

_READ = (Kind.NUMBER, Kind.DATE, Kind.TEXT, Kind.CATEGORY)


def names_of(dataset: Dataset, kind: Kind) -> tuple[str, ...]:
    """The feature columns of one kind, in schema order."""
    return tuple(column.name for column in dataset.schema.of_kind(kind))


def require_readable(dataset: Dataset) -> None:
    """A DataError that names every column that tables cannot read."""
    strange = [c for c in dataset.schema.features if c.kind not in _READ]
    if strange or not dataset.schema.features:
        found = ", ".join(f"{c.name!r} ({c.kind})" for c in strange) or "no feature column at all"
        raise DataError(
            f"{dataset.origin}: a table model reads numbers, categories, dates and texts; found {found}. "
            "Declare other columns with `types={'<column>': 'ignored'}`, or keep at least one that it can read."
        )


def finite_of(dataset: Dataset, name: str) -> np.ndarray:
    """(N,) float64 of a number or date; an infinite value counts as missing."""
    column = dataset.columns[name]
    assert isinstance(column, NumberColumn | DateColumn), f"{name}: {type(column).__name__}"
    return np.where(np.isfinite(column.values), column.values, np.nan)


def category_of(dataset: Dataset, name: str) -> CategoryColumn:
    """The column, known to hold categories."""
    column = dataset.columns[name]
    assert isinstance(column, CategoryColumn), f"{name}: {type(column).__name__}"
    return column


def texts_of(dataset: Dataset, name: str) -> list[str]:
    """N texts; a missing one is empty."""
    column = dataset.columns[name]
    assert isinstance(column, TextColumn), f"{name}: {type(column).__name__}"
    return column.texts()


def target_of(dataset: Dataset) -> np.ndarray:
    """(N,) class codes or standardised numbers, for ranking features only."""
    assert dataset.target is not None
    if not dataset.schema.target_is_number:
        return np.unique(dataset.target.astype(str), return_inverse=True)[1].astype(np.int64)
    values = dataset.target.astype(np.float64)
    return np.asarray((values - values.mean()) / (values.std() or 1.0))
