"""By how much a column flatters the score: the quick model with and without it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from whet.auditing.gains import training_gain
from whet.auditing.inspection import Inspection
from whet.auditing.leaks.split_scores import quick_or_reason
from whet.data.columns import CategoryColumn, ColumnData, DateColumn, NumberColumn
from whet.data.dataset import Dataset
from whet.data.derived import Derived
from whet.errors import CannotJudgeError
from whet.finding import Cost

__all__ = ["column_flattery", "without_column"]


def column_flattery(inspection: Inspection, name: str) -> Cost:
    """Score with the column less the score without, on the same held-out examples.

    Raises CannotJudgeError where the column cannot be left out, or the time left does not suffice.
    """
    if not isinstance(inspection.data.columns[name], NumberColumn | DateColumn | CategoryColumn):
        raise CannotJudgeError("what a model reads instead of the label cannot be told from such a column")
    if len(inspection.data.columns) < 2:
        raise CannotJudgeError(f"{name!r} is the only column")
    quick_or_reason(inspection)
    gain = training_gain(inspection, partial(without_column, name=name))
    how = f"{inspection.quick.title} trained with and without the column, on the same held-out examples"
    return Cost(meaning="flattery", value=-gain.value + 0.0, low=-gain.high + 0.0, high=-gain.low + 0.0, how=how)


def without_column(data: Dataset, *, name: str) -> Dataset:
    """The same value everywhere in that column, so that no model learns to read it."""
    return replace(data, columns={**data.columns, name: _emptied(data.columns[name])}, derived=Derived())


def _emptied(column: ColumnData) -> ColumnData:
    match column:
        case NumberColumn(values) | DateColumn(values):
            return replace(column, values=np.zeros_like(values))
        case CategoryColumn(codes=codes):
            return replace(column, codes=np.zeros_like(codes))
        case _:
            raise TypeError(f"a {type(column).__name__} cannot be left out")
