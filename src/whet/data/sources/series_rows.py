"""Series written as text become one (N, C, T) array, padded with NaN; shared by the two forms of UCR/UEA file."""

from __future__ import annotations

import numpy as np

from whet.errors import DataError

__all__ = ["pad_series", "parse_numbers"]

_FREE_VALUES = 1 << 26  # padded to no more than 256 MB, anything goes
_MOST_PADDING = 20  # times the values themselves
_MISSING = ("?", "", "nan", "na")


def parse_numbers(cells: list[str]) -> np.ndarray:
    """(T,) float32, NaN where a cell says that the value is missing.

    Raises:
        ValueError: a cell is no number, or is infinite as float32; the message names it.

    >>> parse_numbers(["1", " ?", "-2.5e0"]).tolist()
    [1.0, nan, -2.5]
    >>> parse_numbers(["1", "x"])
    Traceback (most recent call last):
    ValueError: value 2 is 'x', not a number
    """
    try:
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        values = np.array([_number(i, cell) for i, cell in enumerate(cells, start=1)], dtype=np.float64)
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    if np.isinf(values).any():
        at = int(np.flatnonzero(np.isinf(values))[0])
        raise ValueError(f"value {at + 1} is {cells[at].strip()!r}, which is not finite as a 32-bit float")
    return values


def pad_series(series: list[list[np.ndarray]], origin: str) -> np.ndarray:
    """(N, C, T) float32 of N examples with C dimensions each; T is the longest.

    Raises:
        DataError: padded to the longest, the values would fill memory.

    >>> pad_series([[np.array([1.0, 2.0])], [np.array([3.0])]], "mine").tolist()
    [[[1.0, 2.0]], [[3.0, nan]]]
    """
    lengths = [len(dimension) for example in series for dimension in example]
    longest = max(lengths)
    if len(lengths) * longest > max(_FREE_VALUES, _MOST_PADDING * sum(lengths)):
        raise DataError(
            f"{origin}: the longest series has {longest:,} values, the average one {sum(lengths) / len(lengths):,.0f}; "
            f"padding all {len(series):,} to the longest would fill memory. Cut the long ones, or leave them out."
        )
    padded = np.full((len(series), len(series[0]), longest), np.nan, np.float32)
    for example, row in zip(series, padded, strict=True):
        for dimension, values in zip(example, row, strict=True):
            values[: len(dimension)] = dimension
    return padded


def _number(position: int, cell: str) -> float:
    if cell.strip().lower() in _MISSING:
        return float("nan")
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"value {position} is {cell.strip()[:30]!r}, not a number") from None
