"""Mends of a table's columns that values alone decide, so that they are made at prediction as they were in training.

A mend is plain values, as a recipe stores them:

* ``{"left_out": true}``
* ``{"missing": [-999.0]}``: numbers or dates that count as missing
* ``{"missing_words": ["?"]}``: categories that do
* ``{"numbers": {"5 kg": 5.0}}``: a column of words is read as numbers, those listed as given, others as they stand
* ``{"rescale": {"cut": 3.0, "above": false, "times": 100.0, "plus": 0.0}}``: numbers on one side of the cut

Target values play no part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from whet.data.columns import CategoryColumn, ColumnData, DateColumn, NumberColumn, TextColumn
from whet.data.dataset import Dataset
from whet.data.derived import Derived
from whet.data.kinds import Kind
from whet.data.parse import parse_numbers
from whet.errors import ConfigError, did_you_mean

__all__ = ["Mends", "mended", "require_mends"]

Mends = Mapping[str, Mapping[str, Any]]  # column -> mend

Change = Callable[[ColumnData, Any, str], ColumnData]


def mended(dataset: Dataset, mends: Mends) -> Dataset:
    """The same examples with mended columns; ``dataset`` itself where there is nothing to mend.

    Raises:
        ConfigError: a mend names a column that is not there, or does not fit what the column holds.
    """
    if not mends:
        return dataset
    names = [c.name for c in dataset.schema.features]
    for name in mends:
        if name not in names:
            raise ConfigError(f"TableSettings.mends: there is no column {name!r}. {did_you_mean(name, names)}")
    columns, features = {}, []
    for column in dataset.schema.features:
        mend = mends.get(column.name, {})
        if mend.get("left_out"):
            continue
        values: ColumnData = dataset.columns[column.name]
        for action, told in mend.items():
            values = _CHANGES[action](values, told, column.name)
        columns[column.name] = values
        features.append(replace(column, kind=Kind.NUMBER, labels=()) if "numbers" in mend else column)
    schema = replace(dataset.schema, features=tuple(features))
    return replace(dataset, schema=schema, columns=columns, derived=Derived())


def require_mends(mends: Mends) -> None:
    """A ConfigError for an action that is not known."""
    known = ["left_out", *_CHANGES]
    for name, mend in mends.items():
        for action in mend:
            if action not in known:
                raise ConfigError(
                    f"TableSettings.mends of column {name!r}: no mend {action!r}. {did_you_mean(action, known)}"
                )


def _missing(column: ColumnData, told: Any, name: str) -> ColumnData:
    if not isinstance(column, NumberColumn | DateColumn):
        raise _unfit(name, "missing", column)
    return replace(column, values=np.where(np.isin(column.values, list(told)), np.nan, column.values))


def _missing_words(column: ColumnData, told: Any, name: str) -> ColumnData:
    if not isinstance(column, CategoryColumn):
        raise _unfit(name, "missing_words", column)
    gone = np.flatnonzero(np.isin(np.array(column.labels, dtype=object), list(told)))
    return replace(column, codes=np.where(np.isin(column.codes, gone), np.int32(-1), column.codes))


def _numbers(column: ColumnData, told: Any, name: str) -> ColumnData:
    if isinstance(column, CategoryColumn):
        values = np.append(_read(list(column.labels), told), np.nan)
        return NumberColumn(values[np.where(column.codes < 0, len(column.labels), column.codes)])
    if isinstance(column, TextColumn):
        return NumberColumn(_read(column.texts(), told))
    raise _unfit(name, "numbers", column)


def _rescaled(column: ColumnData, told: Any, name: str) -> ColumnData:
    if not isinstance(column, NumberColumn):
        raise _unfit(name, "rescale", column)
    beyond = column.values > told["cut"] if told["above"] else column.values < told["cut"]
    return NumberColumn(np.where(beyond, column.values * told["times"] + told["plus"], column.values))


def _read(words: list[str], told: Mapping[str, float]) -> np.ndarray:
    plain = parse_numbers(pa.chunked_array([pa.array(words, pa.large_string())])).values
    listed = np.array([told.get(word, np.nan) for word in words], dtype=np.float64)
    return np.where(np.isnan(listed), plain, listed)


def _unfit(name: str, action: str, column: ColumnData) -> ConfigError:
    held = type(column).__name__.removesuffix("Column").lower()
    return ConfigError(f"TableSettings.mends of column {name!r}: {action!r} does not fit a column of kind {held!r}.")


_CHANGES: dict[str, Change] = {
    "missing": _missing,
    "missing_words": _missing_words,
    "numbers": _numbers,
    "rescale": _rescaled,
}
