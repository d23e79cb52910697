"""A table's columns as two plain matrices: what trees read, and what networks and linear models start from.

Numbers stay as they are, dates and texts become numbers, categories become small ids, and columns made of pairs and
others are added where asked for. Everything is learnt from the training rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from whet.data.dataset import Dataset
from whet.data.encoders.table_categories import CategoryIds
from whet.data.encoders.table_columns import category_of, finite_of, names_of, require_readable, target_of, texts_of
from whet.data.encoders.table_crosses import Crosses
from whet.data.encoders.table_dates import DATE_PARTS, date_numbers
from whet.data.encoders.table_made import MadeColumns
from whet.data.encoders.table_mends import Mends, mended
from whet.data.encoders.table_pilot import LEAST_ROWS, Pilot
from whet.data.encoders.table_settings import TableSettings
from whet.data.encoders.table_texts import TextNumbers
from whet.data.kinds import Kind
from whet.state import State

__all__ = ["TableFeatures"]


@dataclass(frozen=True)
class TableFeatures:
    """Columns by name, in schema order: ``numbers``, then dates, texts, crosses, and what is made beside them."""

    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    texts: Mapping[str, TextNumbers]
    categories: Mapping[str, CategoryIds]
    crosses: Crosses
    made: MadeColumns
    mends: Mends = field(default_factory=dict)  # made first, whenever rows are read

    @classmethod
    def fit(cls, train: Dataset, settings: TableSettings, *, seed: int) -> Self:
        """Learn from the training rows; columns of pairs are chosen by how well they tell the target."""
        learnt = cls._fit(mended(train, settings.mends), settings, seed=seed)
        return replace(learnt, mends=settings.mends)

    @classmethod
    def _fit(cls, train: Dataset, settings: TableSettings, *, seed: int) -> Self:
        require_readable(train)
        numbers, dates = names_of(train, Kind.NUMBER), names_of(train, Kind.DATE)
        texts, ids = _texts(train, settings, seed=seed), _categories(train, settings)
        plain = cls(numbers, dates, texts, ids, Crosses.none(0), MadeColumns.none())
        crosses, pilot = Crosses.none(0), None
        if settings.crosses or settings.ratios:
            matrix, codes = plain.apply(train)
            has_pairs = len(train) >= LEAST_ROWS and matrix.shape[1] > 1
            pilot = Pilot(matrix, codes, target_of(train), seed=seed) if has_pairs else None
            chosen = None if pilot is None or not settings.crosses else Crosses.choose(pilot, count=settings.crosses)
            crosses = chosen or Crosses.none(matrix.shape[1])
        return cls(numbers, dates, texts, ids, crosses, MadeColumns.fit(train, settings, pilot, seed=seed))

    @property
    def num_plain(self) -> int:
        """Numbers without crosses and other made columns."""
        return len(self.numbers) + len(DATE_PARTS) * len(self.dates) + sum(t.num_numbers for t in self.texts.values())

    @property
    def num_numbers(self) -> int:
        """F."""
        return self.num_plain + len(self.crosses) + len(self.made)

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """Number of ids of each category."""
        return tuple(ids.cardinality for ids in self.categories.values())

    def apply(self, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
        """(N, F) float64 with NaN where missing, and (N, G) int64 ids with 0 where missing or unknown."""
        dataset = mended(dataset, self.mends)
        columns = [finite_of(dataset, name)[:, None] for name in self.numbers]
        columns += [date_numbers(finite_of(dataset, name)) for name in self.dates]
        columns += [numbers.apply(texts_of(dataset, name)) for name, numbers in self.texts.items()]
        plain = np.concatenate([np.zeros((len(dataset), 0)), *columns], axis=1)
        codes = [ids.apply(category_of(dataset, name).codes) for name, ids in self.categories.items()]
        ids = np.stack(codes, axis=1) if codes else np.zeros((len(dataset), 0), np.int64)
        added = [self.crosses.apply(plain)] if len(self.crosses) else []
        added += [self.made.apply(dataset, plain)] if len(self.made) else []
        return (np.hstack([plain, *added]) if added else plain), ids

    def state(self) -> State:
        """Names, words and arrays."""
        made = self.made.state()
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
            "made": made.config,
            "mends": {name: dict(mend) for name, mend in self.mends.items()},
        }
        return State(config, {**arrays, **made.under("made/")})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same features again; a state from before there were made columns has none."""
        c, a = state.config, state.arrays
        texts = {
            name: TextNumbers(tuple(words), a[f"text/{i}/idf"], a[f"text/{i}/components"])
            for i, (name, words) in enumerate(c["texts"])
        }
        ids = {name: CategoryIds(a[f"category/{i}"]) for i, name in enumerate(c["categories"])}
        crosses = Crosses(*(a[f"cross/{name}"] for name in ("pairs", "angles", "mean_", "std_")))
        made = MadeColumns.from_state(state.part("made/", c["made"])) if "made" in c else MadeColumns.none()
        mends = c.get("mends", {})
        return cls(tuple(c["numbers"]), tuple(c["dates"]), texts, ids, crosses, made, mends)


def _texts(train: Dataset, settings: TableSettings, *, seed: int) -> dict[str, TextNumbers]:
    names = names_of(train, Kind.TEXT) if settings.text_components else ()
    count = settings.text_components
    return {name: TextNumbers.fit(texts_of(train, name), num_components=count, seed=seed) for name in names}


def _categories(train: Dataset, settings: TableSettings) -> dict[str, CategoryIds]:
    ids = {}
    for name in names_of(train, Kind.CATEGORY):
        column = category_of(train, name)
        ids[name] = CategoryIds.fit(
            column.codes, num_labels=len(column.labels), rare=settings.rare, max_values=settings.max_values
        )
    return ids
