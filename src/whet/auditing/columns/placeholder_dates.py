"""Dates that stand for "missing": the first day that a program knows, far before or after all others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from whet.auditing.columns.column_words import matches, words_of
from whet.auditing.inspection import Inspection
from whet.data.columns import DateColumn

__all__ = ["placeholder_dates"]

_DAYS = ("1900-01-01", "1899-12-30", "1899-12-31", "1901-01-01", "1970-01-01", "1800-01-01", "2099-12-31", "2100-01-01")
_DAY_S = 86_400.0
_BEYOND = r"\b(9999|0001|0000)\b"  # years that no clock of nanoseconds can hold, so the column reads them as missing


def placeholder_dates(inspection: Inspection, name: str, *, isolation: float) -> tuple[np.ndarray, str, float]:
    """Positions, the dates with their counts in words, and how isolated the most isolated one is."""
    column = inspection.data.columns[name]
    assert isinstance(column, DateColumn)
    days = np.floor(column.values / _DAY_S)
    shaped = np.array([pd.Timestamp(d).timestamp() / _DAY_S for d in _DAYS])
    rest = days[np.isfinite(days) & ~np.isin(days, shaped)]
    found, said, farthest = [], [], 0.0
    if len(rest) >= 10:
        low, high = np.quantile(rest, [0.01, 0.99])
        for day, shown in zip(shaped, _DAYS, strict=True):
            mine = np.flatnonzero(days == day)
            lies = float(np.abs(rest - day).min() / max(high - low, 1.0)) if len(mine) else 0.0
            if len(mine) >= (2 if len(days) < 1000 else 3) and lies >= isolation:
                found.append(mine)
                said.append(f"{shown} ({len(mine):,} times)")
                farthest = max(farthest, lies)
    beyond = _beyond(inspection, name)
    if len(beyond):
        found.append(beyond)
        said.append(f"dates such as {inspection.train.written(name)[int(beyond[0])].as_py()!r} ({len(beyond):,} times)")
        farthest = max(farthest, 10.0)
    return np.concatenate(found) if found else np.zeros(0, np.int64), ", ".join(said), farthest


def _beyond(inspection: Inspection, name: str) -> np.ndarray:
    words = words_of(inspection, name)
    if words is None:
        return np.zeros(0, np.int64)
    return words.positions(matches(words.trimmed, _BEYOND))
