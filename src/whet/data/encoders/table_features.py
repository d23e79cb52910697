"""A table's columns as two plain matrices: what trees read, and what networks and linear models start from.

Numbers stay as they are, dates and texts become numbers, categories become small ids, and columns made of pairs are
added where asked for. Everything is learnt from the training rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from whet.data.columns import CategoryColumn, DateColumn, NumberColumn, TextColumn
from whet.data.dataset import Dataset
from whet.data.encoders.table_categories import CategoryIds
from whet.data.encoders.table_crosses import Crosses
from whet.data.encoders.table_dates import DATE_PARTS, date_numbers
from whet.data.encoders.table_texts import TextNumbers
from whet.data.kinds import Kind
from whet.errors import DataError
from whet.state import State

__all__ = ["TableFeatures"]

_READ = (Kind.NUMBER, Kind.DATE, Kind.TEXT, Kind.CATEGORY)


@dataclass(frozen=True)
class TableFeatures:
    """Columns by name, in schema order; ``numbers`` come first, then dates, then texts, then crosses."""

    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    texts: Mapping[str, TextNumbers]
    categories: Mapping[str, CategoryIds]
    crosses: Crosses

    @classmethod
    def fit(
        cls,
        train: Dataset,
        *,
        rare: int = 10,
        max_values: int = 512,
        text_components: int = 16,
        crosses: int = 0,
        seed: int,
    ) -> Self:
        """Learn from the training rows; ``crosses`` columns of pairs are chosen by how well they tell the target."""
        _require_readable(train)
        texts = {
            name: TextNumbers.fit(_text(train, name), num_components=text_components, seed=seed)
            for name in _names(train, Kind.TEXT)
            if text_components
        }
        ids = {}
        for name in _names(train, Kind.CATEGORY):
            column = _category(train, name)
            ids[name] = CategoryIds.fit(column.codes, num_labels=len(column.labels), rare=rare, max_values=max_values)
        numbers, dates = _names(train, Kind.NUMBER), _names(train, Kind.DATE)
        plain = cls(numbers, dates, texts, ids, Crosses.none(0))
        if not crosses:
            return plain
        matrix, codes = plain.apply(train)
        made = Crosses.fit(matrix, codes, _target(train), count=crosses, seed=seed)
        return cls(numbers, dates, texts, ids, made)

    @property
    def num_plain(self) -> int:
        """Numbers without crosses."""
        return len(self.numbers) + len(DATE_PARTS) * len(self.dates) + sum(t.num_numbers for t in self.texts.values())

    @property
    def num_numbers(self) -> int:
        """F."""
        return self.num_plain + len(self.crosses)

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """Number of ids of each category."""
        return tuple(ids.cardinality for ids in self.categories.values())

    def apply(self, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
        """(N, F) float64 with NaN where missing, and (N, G) int64 ids with 0 where missing or unknown."""
        columns = [_finite(dataset, name)[:, None] for name in self.numbers]
        columns += [date_numbers(_finite(dataset, name)) for name in self.dates]
        columns += [numbers.apply(_text(dataset, name)) for name, numbers in self.texts.items()]
        matrix = np.concatenate([np.zeros((len(dataset), 0)), *columns], axis=1)
        codes = [ids.apply(_category(dataset, name).codes) for name, ids in self.categories.items()]
        ids = np.stack(codes, axis=1) if codes else np.zeros((len(dataset), 0), np.int64)
        return (np.hstack([matrix, self.crosses.apply(matrix)]) if len(self.crosses) else matrix), ids

    def state(self) -> State:
        """Names, words and arrays."""
        arrays = {f"category/{i}": ids.table for i, ids in enumerate(self.categories.values())}
        for i, text in enumerate(self.texts.values()):
            arrays |= {f"text/{i}/idf": text.idf, f"text/{i}/components": text.components}
        for name in ("pairs", "angles", "mean_", "std_"):
            arrays[f"cross/{name}"] = getattr(self.crosses, name)
        config = {
            "numbers": list(self.numbers),
            "dates": list(self.dates),
            "texts": [[name, list(text.words)] for name, text in self.texts.items()],
            "categories": list(self.categories),
        }
        return State(config, arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same features again."""
        c, a = state.config, state.arrays
        texts = {
            name: TextNumbers(tuple(words), a[f"text/{i}/idf"], a[f"text/{i}/components"])
            for i, (name, words) in enumerate(c["texts"])
        }
        ids = {name: CategoryIds(a[f"category/{i}"]) for i, name in enumerate(c["categories"])}
        crosses = Crosses(*(a[f"cross/{name}"] for name in ("pairs", "angles", "mean_", "std_")))
        return cls(tuple(c["numbers"]), tuple(c["dates"]), texts, ids, crosses)


def _names(dataset: Dataset, kind: Kind) -> tuple[str, ...]:
    return tuple(column.name for column in dataset.schema.of_kind(kind))


def _require_readable(dataset: Dataset) -> None:
    strange = [c for c in dataset.schema.features if c.kind not in _READ]
    if strange or not dataset.schema.features:
        found = ", ".join(f"{c.name!r} ({c.kind})" for c in strange) or "no feature column at all"
        raise DataError(
            f"{dataset.origin}: a table model reads numbers, categories, dates and texts; found {found}. "
            "Declare other columns with `types={'<column>': 'ignored'}`, or keep at least one that it can read."
        )


def _finite(dataset: Dataset, name: str) -> np.ndarray:
    """(N,) float64; an infinite value counts as missing."""
    column = dataset.columns[name]
    assert isinstance(column, NumberColumn | DateColumn), f"{name}: {type(column).__name__}"
    return np.where(np.isfinite(column.values), column.values, np.nan)


def _category(dataset: Dataset, name: str) -> CategoryColumn:
    column = dataset.columns[name]
    assert isinstance(column, CategoryColumn), f"{name}: {type(column).__name__}"
    return column


def _text(dataset: Dataset, name: str) -> list[str]:
    column = dataset.columns[name]
    assert isinstance(column, TextColumn), f"{name}: {type(column).__name__}"
    return column.texts()


def _target(dataset: Dataset) -> np.ndarray:
    """(N,) class codes or standardised numbers, for ranking features only."""
    assert dataset.target is not None
    if not dataset.schema.target_is_number:
        return np.unique(dataset.target.astype(str), return_inverse=True)[1].astype(np.int64)
    values = dataset.target.astype(np.float64)
    return np.asarray((values - values.mean()) / (values.std() or 1.0))
