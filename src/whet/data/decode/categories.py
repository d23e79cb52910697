"""Categories: int32 codes into the column's known labels; -1 missing, -2 a value that the schema does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whet.data.columns import CategoryColumn
from whet.data.decode.decoder import Decoded, count_bad, decoders
from whet.data.parse import parse_labels
from whet.data.raw import Raw
from whet.data.schema import Column
from whet.data.store import MakeArray

__all__ = ["Categories"]


@dataclass(frozen=True)
class Categories:
    """A value outside ``column.labels`` is kept as "unknown", which is not the same as missing."""

    def decode(self, column: Column, raw: Raw, make: MakeArray) -> Decoded:
        """One array ``codes`` (M,)."""
        words = parse_labels(raw.table.column(column.name), trim=True)
        known = pa.array(column.labels, pa.large_string())
        found = np.asarray(pc.fill_null(pc.index_in(words, value_set=known), -2).to_numpy())
        missing = np.asarray(pc.is_null(words).to_numpy())
        codes = make("codes", found.shape, np.int32)
        codes[:] = np.where(missing, -1, found)
        what = f"are not among the {len(column.labels)} known"
        remarks = count_bad(column, raw, codes == -2, what=what, becomes="count as unknown")
        return Decoded(arrays={"codes": codes}, remarks=remarks)

    def view(self, column: Column, arrays: Mapping[str, np.ndarray], rows: np.ndarray) -> CategoryColumn:
        """The kept rows."""
        return CategoryColumn(np.asarray(arrays["codes"])[rows], column.labels)


decoders.register("category")(Categories())
