"""Numbers: float64, NaN where missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from whet.data.columns import NumberColumn
from whet.data.decode.decoder import Decoded, count_bad, decoders
from whet.data.parse import parse_numbers
from whet.data.raw import Raw
from whet.data.schema import Column
from whet.data.store import MakeArray

__all__ = ["Numbers"]


@dataclass(frozen=True)
class Numbers:
    """A value that is no finite number counts as missing, and is counted in a remark."""

    def decode(self, column: Column, raw: Raw, make: MakeArray) -> Decoded:
        """One array ``values`` (M,)."""
        parsed = parse_numbers(raw.table.column(column.name))
        values = make("values", parsed.values.shape, np.float64)
        values[:] = parsed.values
        remarks = count_bad(column, raw, parsed.bad, what="are no finite numbers", becomes="count as missing")
        return Decoded(arrays={"values": values}, remarks=remarks)

    def view(self, column: Column, arrays: Mapping[str, np.ndarray], rows: np.ndarray) -> NumberColumn:
        """The kept rows."""
        return NumberColumn(np.asarray(arrays["values"])[rows])


decoders.register("number")(Numbers())
