"""The distinct values of a column as written, so that checks look at each word once however often it stands there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whet.auditing.inspection import Inspection
from whet.auditing.memory import remembered
from whet.data.kinds import Kind, Modality
from whet.data.parse import is_text_type

__all__ = ["Words", "matches", "word_columns", "words_of"]

LONGEST = 40  # characters on average; above, a column holds prose and its values are no words


@dataclass(frozen=True)
class Words:
    """``distinct`` (D,) strings without null, outer space and all; ``codes`` (N,) int32 into them, -1 for null."""

    distinct: pa.LargeStringArray
    codes: np.ndarray

    @cached_property
    def counts(self) -> np.ndarray:
        """(D,) int64: how often each stands there."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.distinct))

    @cached_property
    def trimmed(self) -> pa.LargeStringArray:
        """(D,) without outer space."""
        return pc.utf8_trim_whitespace(self.distinct)

    def positions(self, wanted: np.ndarray) -> np.ndarray:
        """Positions of the examples whose word is ``wanted`` (D,) bool."""
        return np.flatnonzero(np.append(wanted, False)[self.codes])

    def spread(self, values: np.ndarray) -> np.ndarray:
        """(N,) float64: ``values`` (D,) laid out by example, NaN for null."""
        return np.asarray(np.append(values.astype(np.float64), np.nan)[self.codes])

    def shown(self, position: int) -> str:
        """The value of one example, in quotes."""
        return repr(self.distinct[int(self.codes[position])].as_py())


def words_of(inspection: Inspection, name: str) -> Words | None:
    """The words of a column that the source gave as strings; None for typed columns and for prose."""
    return remembered(inspection, f"words {name}", lambda: _read(inspection, name))


def word_columns(inspection: Inspection, *kinds: Kind) -> list[str]:
    """Columns of these kinds of a table that were read from strings.

    ``Kind.IGNORED`` stands for columns left out as "nearly every value is different", as damaged numbers look.
    """
    if inspection.modality is not Modality.TABLE:
        return []
    schema = inspection.data.schema
    names = [c.name for c in schema.of_kind(*kinds)]
    if Kind.IGNORED in kinds:
        names += [c.name for c in schema.ignored if c.why.startswith("id-like: nearly every")]
    return [name for name in names if words_of(inspection, name) is not None]


def matches(words: pa.Array, pattern: str) -> np.ndarray:
    """(D,) bool: which hold the pattern (RE2)."""
    found = pc.fill_null(pc.match_substring_regex(words, pattern=pattern), False)
    return np.asarray(found.to_numpy(zero_copy_only=False))


def _read(inspection: Inspection, name: str) -> Words | None:
    table = inspection.train.raw.table
    if name not in table.column_names or not is_text_type(table.column(name)):
        return None
    column = inspection.train.written(name)
    column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    mean = pc.mean(pc.utf8_length(column)).as_py()
    if mean is None or mean > LONGEST:
        return None
    coded = pc.dictionary_encode(column.cast(pa.large_string()).combine_chunks())
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    return Words(coded.dictionary, np.asarray(pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)))
