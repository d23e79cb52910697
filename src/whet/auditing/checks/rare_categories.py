"""Categories with so few examples that a model learns nothing about them, where they add up to many rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells
from whet.auditing.columns.column_words import words_of
from whet.auditing.columns.date_words import date_words
from whet.auditing.columns.meant_words import meant_words
from whet.auditing.columns.number_words import number_words
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.data.columns import CategoryColumn
from whet.data.kinds import Kind, Modality
from whet.finding import Finding

__all__ = ["RareCategories"]


@dataclass(frozen=True, kw_only=True)
class RareCategories:
    """Counts the examples of values that hardly occur."""

    fewest: int = 5  # examples of one value; with fewer it is rare
    least_values: int = 5  # rare values in one column
    least_share: float = 0.005  # of the examples that hold one

    title: str = "categories that hardly occur"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if inspection.modality is not Modality.TABLE:
            return
        for name in inspection.columns(Kind.CATEGORY):
            codes = _codes(inspection, name)
            known = codes >= 0
            counts = np.bincount(codes[known], minlength=1)
            rare = (counts > 0) & (counts < self.fewest)
            marked = np.flatnonzero(np.append(rare, False)[np.maximum(codes, -1)])
            share = len(marked) / len(codes)
            if rare.sum() < self.least_values or share < self.least_share:
                continue
            yield flag_cells(
                inspection,
                marked,
                symptom="rare_categories",
                title=self.title,
                column=name,
                severity=by_share(len(marked), len(codes), base=0.15, slope=0.3, cap=0.29),
                statement=f"{int(rare.sum()):,} of the {int((counts > 0).sum()):,} values of {name!r} have fewer than "
                f"{self.fewest} examples each, {len(marked):,} together ({share:.2%}).",
                evidence={"rule": "share in rare values", "value": share, "threshold": self.least_share},
                advice="Gather related values under one name, or collect more examples of them.",
                remedy="reads them as one value, 'rare'",
                confidence=1.0,
            )


def _codes(inspection: Inspection, name: str) -> np.ndarray:
    """(N,) -1 for missing; variants of one spelling share a code, and damaged numbers or dates have none."""
    column = inspection.data.columns[name]
    assert isinstance(column, CategoryColumn)
    words, meant, numbers = words_of(inspection, name), meant_words(inspection, name), number_words(inspection, name)
    if words is None or meant is None or numbers is None:
        return column.codes
    if numbers.share(numbers.plain | numbers.decorated) >= 0.6 or date_words(inspection, name) is not None:
        return np.full_like(column.codes, -1)
    same = np.unique(np.array([*meant, ""]), return_inverse=True)[1]
    return np.where(words.codes < 0, -1, same[words.codes])


checks.register("rare_categories")(RareCategories())
