"""Columns that are made beside a table's plain ones where a setting asks for them; with the defaults there are none.

In order: products, differences and ratios of numbers, calendar parts of dates, marks of missing values, further
n-grams of texts, target means of categories. They come last, so that switching one on moves no other column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from whet.data.dataset import Dataset
from whet.data.encoders.table_columns import finite_of, names_of, texts_of
from whet.data.encoders.table_dates import CALENDAR_PARTS, calendar_numbers
from whet.data.encoders.table_missing import MissingValues
from whet.data.encoders.table_pairs import Pairs
from whet.data.encoders.table_pilot import Pilot
from whet.data.encoders.table_settings import TableSettings
from whet.data.encoders.table_targets import TargetMeans
from whet.data.encoders.table_texts import Analysis, TextNumbers
from whet.data.kinds import Kind
from whet.state import State

__all__ = ["MadeColumns"]

_ANALYSES: tuple[Analysis, ...] = ("pairs", "pieces")


@dataclass(frozen=True, kw_only=True)
class MadeColumns:
    """``calendar``: dates whose calendar parts are added; ``texts``: (column, numbers) pairs."""

    pairs: Pairs
    calendar: tuple[str, ...]
    missing: MissingValues
    texts: tuple[tuple[str, TextNumbers], ...]
    targets: TargetMeans

    @classmethod
    def none(cls) -> Self:
        """Nothing beside the plain columns."""
        return cls(pairs=Pairs.none(), calendar=(), missing=MissingValues(), texts=(), targets=TargetMeans())

    @classmethod
    def fit(cls, train: Dataset, settings: TableSettings, pilot: Pilot | None, *, seed: int) -> Self:
        """What the settings ask for, learnt from the training rows; without a pilot no pairs of numbers are made."""
        texts = [
            (name, TextNumbers.fit(texts_of(train, name), num_components=settings.text_ngrams, seed=seed, analysis=a))
            for name in names_of(train, Kind.TEXT)
            for a in _ANALYSES
            if settings.text_ngrams
        ]
        return cls(
            pairs=Pairs.choose(pilot, count=settings.ratios) if pilot and settings.ratios else Pairs.none(),
            calendar=names_of(train, Kind.DATE) if settings.date_parts == "calendar" else (),
            missing=MissingValues.fit(train) if settings.missing_indicators == "all" else MissingValues(),
            texts=tuple(texts),
            targets=TargetMeans.fit(
                train,
                names_of(train, Kind.CATEGORY),
                smoothing=settings.target_encoding,
                num_pairs=settings.target_pairs,
                seed=seed,
            ),
        )

    def __len__(self) -> int:
        fixed = len(self.pairs) + len(CALENDAR_PARTS) * len(self.calendar) + len(self.missing) + len(self.targets)
        return fixed + sum(numbers.num_numbers for _, numbers in self.texts)

    def apply(self, dataset: Dataset, plain: np.ndarray) -> np.ndarray:
        """(N, len(self)) float64, from the rows and their (N, F) plain numbers."""
        parts = [self.pairs.apply(plain)]
        parts += [calendar_numbers(finite_of(dataset, name)) for name in self.calendar]
        parts += [self.missing.apply(dataset)]
        parts += [numbers.apply(texts_of(dataset, name)) for name, numbers in self.texts]
        return np.hstack([*parts, self.targets.apply(dataset)])

    def state(self) -> State:
        """Names, terms and arrays."""
        targets = self.targets.state()
        arrays = {"pairs": self.pairs.columns, "operations": self.pairs.operations, **targets.under("target/")}
        for i, (_, text) in enumerate(self.texts):
            arrays |= {f"text/{i}/idf": text.idf, f"text/{i}/components": text.components}
        config = {
            "calendar": list(self.calendar),
            "missing": [list(self.missing.columns), list(self.missing.flagged)],
            "texts": [[name, text.analysis, list(text.words)] for name, text in self.texts],
            "targets": targets.config,
        }
        return State(config, arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same columns again."""
        c, a = state.config, state.arrays
        texts = [
            (name, TextNumbers(tuple(words), a[f"text/{i}/idf"], a[f"text/{i}/components"], analysis))
            for i, (name, analysis, words) in enumerate(c["texts"])
        ]
        return cls(
            pairs=Pairs(a["pairs"], a["operations"]),
            calendar=tuple(c["calendar"]),
            missing=MissingValues(*(tuple(names) for names in c["missing"])),
            texts=tuple(texts),
            targets=TargetMeans.from_state(state.part("target/", c["targets"])),
        )
