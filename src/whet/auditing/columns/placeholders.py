"""Numbers that stand for "missing": a value of a shape that people use for it, lying apart from all others.

Being frequent is no evidence by itself; being frequent, round in this way and isolated is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.auditing.inspection import Inspection
from whet.auditing.memory import remembered
from whet.data.columns import NumberColumn

__all__ = ["Placeholder", "placeholder_numbers", "without_placeholders"]

_NINES = [float("9" * k) for k in range(2, 8)]
SHAPES = np.array(
    [
        *(0.0, -1.0, -9.0, -88.0, -888.0, -8888.0, 888.0, 8888.0, *_NINES, *(-n for n in _NINES), 999999999.0),
        *(99.9, 999.9, 9999.9, 99.99, 999.99, -99.9, -999.9, -9999.9, -999.25),
        *(12345.0, 123456.0, 1234567.0, 123456789.0, 1e10, 1e20, 1e30, 1e36),
        *(2.0**15 - 1, -(2.0**15), 2.0**31 - 1, -(2.0**31)),
    ]
)


@dataclass(frozen=True)
class Placeholder:
    """``value`` stands ``count`` times; ``isolation``: its distance from the nearest other value over their spread."""

    value: float
    count: int
    isolation: float


def placeholder_numbers(inspection: Inspection, name: str, *, isolation: float = 0.3) -> list[Placeholder]:
    """The placeholders of one number column, the most frequent first."""
    column = inspection.data.columns[name]
    assert isinstance(column, NumberColumn)
    key = f"placeholders {name} {isolation}"
    return remembered(inspection, key, lambda: _find(column.values, isolation))


def without_placeholders(inspection: Inspection, name: str) -> np.ndarray:
    """(N,) float64: the column with its placeholders emptied, so that they count as nothing else besides."""
    column = inspection.data.columns[name]
    assert isinstance(column, NumberColumn)
    found = [p.value for p in placeholder_numbers(inspection, name)]
    return np.where(np.isin(column.values, found), np.nan, column.values) if found else column.values


def _find(values: np.ndarray, least: float) -> list[Placeholder]:
    known = values[np.isfinite(values)]
    distinct, counts = np.unique(known, return_counts=True)
    shaped = np.isin(distinct, SHAPES) & (counts >= (2 if len(known) < 1000 else 3))
    rest, weights = distinct[~shaped], counts[~shaped]
    if not shaped.any() or len(rest) < 10:
        return []
    cumulated = np.cumsum(weights) / weights.sum()
    low, high = rest[np.searchsorted(cumulated, [0.01, 0.99])]
    spread = float(high - low) or float(rest[-1] - rest[0])
    found = []
    for value, count in zip(distinct[shaped].tolist(), counts[shaped].tolist()):
        lies = _isolation(value, rest, spread)
        if _stands_out(value, count, lies, rest, weights, least):
            found.append(Placeholder(value, count, lies))
    return sorted(found, key=lambda p: -p.count)


def _isolation(value: float, rest: np.ndarray, spread: float) -> float:
    return float(np.abs(rest - value).min() / spread)


def _stands_out(value: float, count: int, lies: float, rest: np.ndarray, weights: np.ndarray, least: float) -> bool:
    """Apart from all others; or the only negative number, and several steps away or far more frequent than the next."""
    if value == 0:  # often a true nothing: only where all others are far above it and it is the lesser part
        return bool(rest.min() > 0) and lies >= least and count <= 0.3 * (count + weights.sum()) and len(rest) >= 20
    if value > 0 or rest.min() < 0:
        return lies >= least
    steps = float(np.abs(rest - value).min() / np.median(np.diff(rest)))
    if steps >= 5 and len(rest) <= 0.5 * weights.sum():  # whole numbers and the like; between others steps are chance
        return True
    neighbours = weights[np.argsort(np.abs(rest - value), kind="stable")[:10]]
    return lies >= least or count >= max(5.0, 5.0 * float(np.median(neighbours)))
