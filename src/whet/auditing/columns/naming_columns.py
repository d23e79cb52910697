"""Columns whose values name the example: numbers, hashes, addresses, phone numbers; models learn them by heart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whet.auditing.inspection import Half
from whet.data.columns import NumberColumn
from whet.data.kinds import Kind
from whet.data.parse import is_text_type

__all__ = ["NamingColumn", "naming_columns"]

_FORMS = {
    "e-mail addresses": r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$",
    "UUIDs": r"^\{?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?$",
    "hashes": r"^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9A-F]{32}|[0-9A-F]{40}|[0-9A-F]{64})$",
    "web addresses": r"^https?://\S+$",
    "phone numbers": r"^\+[0-9][0-9 ()/.-]{7,18}$",
}
MOST = 20_000  # values looked at for their form
LEAST_SHARE = 0.95  # of them
LEAST_DISTINCT = 0.9
DENSE = 5.0  # at most so many whole numbers between least and greatest for each row: a count, no measurement


@dataclass(frozen=True, kw_only=True)
class NamingColumn:
    """One such column."""

    name: str
    what: str  # "e-mail addresses", "whole numbers that rise with the row"
    is_feature: bool


def naming_columns(half: Half) -> list[NamingColumn]:
    """In source order."""
    schema = half.data.schema
    found = []
    for column in (*schema.features, *schema.ignored):
        if column.name not in half.raw.table.column_names or column.name in (schema.group, schema.time):
            continue
        is_feature = column in schema.features
        what = _form(half.written(column.name)) if column.kind not in (Kind.IMAGE, Kind.AUDIO, Kind.NUMBER) else ""
        values = half.data.columns.get(column.name)
        if not what and isinstance(values, NumberColumn) and rises(values.values):
            what = "whole numbers that rise with the row"
        if not what and column.why.startswith("id-like"):
            what = column.why.removeprefix("id-like: ")
        if what:
            found.append(NamingColumn(name=column.name, what=what, is_feature=is_feature))
    return found


def rises(values: np.ndarray) -> bool:
    """Whether these are whole numbers, each greater than the one before, and without wide gaps: a count of the rows."""
    if len(values) < 20 or not np.isfinite(values).all() or (values != np.round(values)).any():
        return False
    return bool((np.diff(values) > 0).all() and values[-1] - values[0] <= DENSE * len(values))


def _form(column: pa.ChunkedArray) -> str:
    if not is_text_type(column) or len(column) < 20:
        return ""
    some = column.slice(0, MOST).cast(pa.large_string()).drop_null()
    if len(some) < 20 or pc.count_distinct(some).as_py() < LEAST_DISTINCT * len(some):
        return ""
    for what, pattern in _FORMS.items():
        if pc.mean(pc.match_substring_regex(some, pattern=pattern).cast(pa.float64())).as_py() >= LEAST_SHARE:
            return what
    return ""
