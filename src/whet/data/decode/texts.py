"""Texts: all UTF-8 bytes on end plus offsets, copied from Arrow's own buffers without touching a single string."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whet.data.columns import TextColumn
from whet.data.decode.decoder import Decoded, decoders
from whet.data.raw import Problem, Raw
from whet.data.schema import Column
from whet.data.store import MakeArray

__all__ = ["Texts"]


@dataclass(frozen=True)
class Texts:
    """A missing text is the empty string, and empty texts are counted in a remark."""

    def decode(self, column: Column, raw: Raw, make: MakeArray) -> Decoded:
        """``flat`` (bytes,) uint8 and ``offsets`` (M + 1,) int64."""
        words = raw.table.column(column.name)
        words = words.dictionary_decode() if pa.types.is_dictionary(words.type) else words
        words = pc.fill_null(words.cast(pa.large_string()), "")
        flat = make("flat", (int(pc.sum(pc.binary_length(words)).as_py() or 0),), np.uint8)
        offsets = make("offsets", (len(words) + 1,), np.int64)
        row = 0
        for chunk in words.chunks:
            _copy(chunk, flat, offsets, row)
            row += len(chunk)
        return Decoded(arrays={"flat": flat, "offsets": offsets}, remarks=_empty(column, raw, np.diff(offsets) == 0))

    def view(self, column: Column, arrays: Mapping[str, np.ndarray], rows: np.ndarray) -> TextColumn:
        """A view of the kept rows."""
        return TextColumn(arrays["flat"], np.asarray(arrays["offsets"]), rows)


def _copy(chunk: pa.Array, flat: np.ndarray, offsets: np.ndarray, row: int) -> None:
    if len(chunk) == 0:
        return
    _, ends_buffer, data_buffer = chunk.buffers()
    ends = np.frombuffer(ends_buffer, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    base, size = int(offsets[row]), int(ends[-1] - ends[0])
    offsets[row + 1 : row + len(chunk) + 1] = ends[1:] - ends[0] + base
    if size:  # no data buffer at all when every text is empty
        flat[base : base + size] = np.frombuffer(data_buffer, np.uint8)[ends[0] : ends[-1]]


def _empty(column: Column, raw: Raw, empty: np.ndarray) -> tuple[Problem, ...]:
    rows = np.flatnonzero(empty)
    if len(rows) == 0:
        return ()
    what = (
        f"{len(rows):,} of {len(empty):,} texts are empty, the first in row {raw.row_numbers[rows[0]]}; they are kept"
    )
    first = int(raw.row_numbers[rows[0]])
    return (Problem(where=f"{raw.origin} column {column.name!r}", what=what, row=first, kept=True),)


decoders.register("text")(Texts())
