"""Dates: float64 seconds since 1970-01-01 UTC, NaN where missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from whet.data.columns import DateColumn
from whet.data.decode.decoder import Decoded, count_bad, decoders
from whet.data.parse import parse_dates
from whet.data.raw import Raw
from whet.data.schema import Column
from whet.data.store import MakeArray

__all__ = ["Dates"]


@dataclass(frozen=True)
class Dates:
    """Strings are read with the column's own format, found once at inference."""

    def decode(self, column: Column, raw: Raw, make: MakeArray) -> Decoded:
        """One array ``values`` (M,)."""
        date_format = column.date_format or "ISO8601"
        parsed = parse_dates(raw.table.column(column.name), date_format)
        values = make("values", parsed.values.shape, np.float64)
        values[:] = parsed.values
        what = f"are no dates of the form {date_format}"
        remarks = count_bad(column, raw, parsed.bad, what=what, becomes="count as missing")
        return Decoded(arrays={"values": values}, remarks=remarks)

    def view(self, column: Column, arrays: Mapping[str, np.ndarray], rows: np.ndarray) -> DateColumn:
        """The kept rows."""
        return DateColumn(np.asarray(arrays["values"])[rows])


decoders.register("date")(Dates())
