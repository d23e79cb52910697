"""Duplicate rows of a table: equal in every feature once numbers are rounded to six significant digits.

Only where equality means something. Two people may well share age, sex and postcode; they are no copies of each
other. So a row counts as a duplicate only if its values, taken as independent, carry at least log2(N) + 10 bits: then
chance alone would give it a twin once in a thousand tables. And if more than 30 % of all rows have a twin even so, the
columns plainly depend on each other, twins are natural, and none is linked: splits by cluster would collapse.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from whet.data.columns import CategoryColumn, ColumnData, DateColumn, NumberColumn, TextColumn
from whet.data.near.vectors import equal_pairs

__all__ = ["row_pairs"]

_MARGIN_BITS = 10.0
_MOST_TWINS = 0.3


def row_pairs(columns: list[ColumnData], num_rows: int) -> np.ndarray:
    """(P, 2) int64 pairs of examples with equal, informative rows."""
    keys = np.zeros(num_rows, dtype=np.uint64)
    bits = np.zeros(num_rows)
    for column in columns:
        codes = _codes(column)
        keys = _mixed(keys, codes.astype(np.uint64))
        counts = np.bincount(codes)
        bits -= np.log2(counts[codes] / num_rows)
    informative = np.flatnonzero(bits >= np.log2(max(num_rows, 1)) + _MARGIN_BITS)
    pairs = equal_pairs(keys[informative])
    if len(pairs) > _MOST_TWINS * num_rows:
        return np.zeros((0, 2), dtype=np.int64)
    return np.asarray(informative[pairs])


def _codes(column: ColumnData) -> np.ndarray:
    """(N,) int64 from 0: equal for equal values; missing is a value of its own."""
    match column:
        case NumberColumn(values) | DateColumn(values):
            return np.asarray(pd.factorize(_rounded(values), use_na_sentinel=False)[0])
        case CategoryColumn(codes=codes):
            return codes.astype(np.int64) + 2  # -2 unknown, -1 missing
        case TextColumn():
            folded = np.array([" ".join(t.lower().split()) for t in column.texts()], dtype=object)
            return np.asarray(pd.factorize(folded)[0])
        case _:
            raise TypeError(f"a table holds no {type(column).__name__}")


def _rounded(values: np.ndarray) -> np.ndarray:
    """Six significant digits, so that 0.1 + 0.2 equals 0.3."""
    sizes = np.abs(np.where(np.isfinite(values) & (values != 0), values, 1.0))
    scale = 10.0 ** (5 - np.floor(np.log10(sizes)))
    return np.asarray(np.round(values * scale) / scale)


def _mixed(keys: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """One more column into the running 64-bit hash (multiply and xor-shift, after splitmix64); wraps around."""
    keys = (keys ^ (codes + np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(keys ^ (keys >> np.uint64(29)))
