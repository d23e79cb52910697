"""Text columns as Arrow arrays over the decoded bytes: every pattern is searched for in all texts at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whet.auditing.inspection import Inspection
from whet.auditing.memory import remembered
from whet.data.columns import TextColumn

__all__ = ["char_counts", "text_columns", "texts_of", "word_counts"]


def text_columns(inspection: Inspection) -> list[str]:
    """Names of the columns of prose, in any modality."""
    return [name for name, column in inspection.data.columns.items() if isinstance(column, TextColumn)]


def texts_of(inspection: Inspection, name: str) -> pa.LargeStringArray:
    """(N,) the texts of the training examples, trimmed; a missing one is empty."""
    return remembered(inspection, f"texts {name}", lambda: _read(inspection, name))


def word_counts(inspection: Inspection, name: str) -> np.ndarray:
    """(N,) int64: stretches of letters, digits and their like in each text."""

    def count() -> np.ndarray:
        return np.asarray(pc.count_substring_regex(texts_of(inspection, name), pattern=r"[\pL\pN]+").to_numpy())

    return remembered(inspection, f"word counts {name}", count)


def char_counts(inspection: Inspection, name: str) -> np.ndarray:
    """(N,) int64: characters in each trimmed text."""
    return np.asarray(pc.utf8_length(texts_of(inspection, name)).to_numpy())


def _read(inspection: Inspection, name: str) -> pa.LargeStringArray:
    column = inspection.data.columns[name]
    assert isinstance(column, TextColumn)
    offsets, flat = np.ascontiguousarray(column.offsets, np.int64), np.ascontiguousarray(column.flat)
    whole = pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(flat))
    same = len(column.rows) == len(whole) and bool(np.all(np.diff(column.rows) == 1))
    return pc.utf8_trim_whitespace(whole if same else whole.take(pa.array(column.rows)))
