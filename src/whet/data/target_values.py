"""The target column, value by value: labels or numbers, and why a row has no usable one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whet.data.parse import parse_labels, parse_numbers

__all__ = ["TargetValues", "read_target"]


@dataclass(frozen=True)
class TargetValues:
    """``values``: (M,) object labels (None where unusable) or (M,) float64 (NaN); ``faults``: position -> reason."""

    values: np.ndarray
    faults: dict[int, str]


def read_target(column: pa.ChunkedArray, *, is_number: bool) -> TargetValues:
    """Labels are kept exactly as written, save that whole numbers read "3"; white space alone is missing.

    >>> read_target(pa.chunked_array([["1.0", "2", None]]), is_number=False).values.tolist()
    ['1', '2', None]
    >>> read_target(pa.chunked_array([["1.5", "inf"]]), is_number=True).faults
    {1: "is no finite number: 'inf'"}
    """
    if is_number:
        parsed = parse_numbers(column)
        faults = {int(r): "is missing" for r in np.flatnonzero(parsed.missing)}
        bad = np.flatnonzero(parsed.bad).tolist()
        faults.update({r: f"is no finite number: {column[r].as_py()!r}" for r in bad})
        return TargetValues(parsed.values, faults)
    words = parse_labels(column, trim=False)
    missing = np.flatnonzero(np.asarray(pc.is_null(words).to_numpy()))
    return TargetValues(np.array(words.to_pylist(), dtype=object), {int(r): "is missing" for r in missing})
