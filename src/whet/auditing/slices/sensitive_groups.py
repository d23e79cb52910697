"""Groups of people by the values of a column, as written: the column need not be one that the model sees."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from whet.auditing.inspection import Half

__all__ = ["MISSING", "people_groups"]

MISSING = "(missing)"
MOST_VALUES = 10  # numbers with more distinct values are told by quarters


def people_groups(half: Half, column: str, positions: np.ndarray) -> np.ndarray:
    """(N,) object of str: the group of each example at ``positions``; numbers fall into four of about equal size."""
    written = half.written(column).to_pandas().iloc[positions].reset_index(drop=True)
    text = written.astype("string").str.strip()
    absent = (text.isna() | (text == "") | (text == "?")).to_numpy(dtype=bool)
    numbers = pd.to_numeric(text.where(~absent), errors="coerce")
    if numbers.notna().sum() == (~absent).sum() and numbers.nunique() > MOST_VALUES:
        text = _quarters(numbers.astype(float))
    return np.where(absent, MISSING, text.fillna(MISSING).to_numpy(dtype=object))


def _quarters(numbers: pd.Series) -> pd.Series:
    edges = np.unique(numbers.quantile([0.0, 0.25, 0.5, 0.75, 1.0]))
    names = np.array([f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)], dtype=object)
    quarter = np.searchsorted(edges[1:-1], numbers.fillna(edges[0]))  # a value on an edge belongs to the lower one
    return pd.Series(names[quarter], dtype="string").where(numbers.notna())
