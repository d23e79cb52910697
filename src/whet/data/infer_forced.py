"""A column whose kind the user names: obeyed, and checked against the values, so contradictions are said."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from whet.data.infer_columns import known_labels
from whet.data.kinds import Kind
from whet.data.parse import find_date_format, is_text_type, parse_numbers
from whet.data.raw import Raw
from whet.data.schema import Column
from whet.errors import ConfigError, DataError, did_you_mean

__all__ = ["check_types", "forced_column"]

_WHY = "as you said"
_SCALAR = (Kind.TEXT, Kind.NUMBER, Kind.CATEGORY, Kind.DATE, Kind.IMAGE, Kind.AUDIO, Kind.IGNORED)


def check_types(types: Mapping[str, str], raw: Raw, *, taken: Mapping[str, str]) -> dict[str, Kind]:
    """Column -> kind; every unknown column, unknown kind and contradiction is reported in one ConfigError.

    Args:
        taken: column -> the role it already has ("the target").
    """
    names = [*raw.table.column_names, *raw.arrays]
    faults = []
    for name, kind in types.items():
        if name not in names:
            faults.append(f"types names the column {name!r}, which is not in {raw.origin}. {did_you_mean(name, names)}")
        elif kind not in list(Kind):
            faults.append(f"types gives {name!r} the kind {kind!r}. {did_you_mean(kind, list(Kind))}")
        elif name in taken:
            faults.append(f"types gives {name!r} the kind {kind!r}, but it is {taken[name]}; leave it out of types")
        elif not _possible(name, Kind(kind), raw):
            held = "an array" if name in raw.arrays else "a column of single values"
            faults.append(f"types gives {name!r} the kind {kind!r}, but it is {held}")
    if faults:
        raise ConfigError("; ".join(faults))
    return {name: Kind(kind) for name, kind in types.items()}


def forced_column(name: str, kind: Kind, raw: Raw) -> Column:
    """The column with the kind that the user named."""
    if kind is Kind.NUMBER:
        _need_numbers(name, raw)
    if kind is Kind.CATEGORY:
        return Column(name=name, kind=kind, why=_WHY, labels=known_labels(raw.table.column(name)))
    if kind is Kind.DATE:
        return Column(name=name, kind=kind, why=_WHY, date_format=_date_format(name, raw))
    return Column(name=name, kind=kind, why=_WHY)


def _possible(name: str, kind: Kind, raw: Raw) -> bool:
    if name not in raw.arrays:
        return kind in _SCALAR
    is_picture = raw.arrays[name].dtype == np.uint8
    return kind is Kind.IGNORED or kind is (Kind.IMAGE if is_picture else Kind.SERIES)


def _need_numbers(name: str, raw: Raw) -> None:
    column = raw.table.column(name)
    if not pa.types.is_temporal(column.type) and parse_numbers(column).share_good > 0:
        return
    shown = _examples(column)
    raise DataError(f"{raw.origin}: types says {name!r} is a number, but no value parses as one, for example {shown}.")


def _date_format(name: str, raw: Raw) -> str:
    column = raw.table.column(name)
    if not is_text_type(column):
        if pa.types.is_temporal(column.type):
            return ""
        raise DataError(f"{raw.origin}: types says {name!r} is a date, but it holds {column.type} values.")
    found = find_date_format(column.slice(0, 10_000), least_share=0.5)
    if found is None:
        raise DataError(
            f"{raw.origin}: types says {name!r} is a date, but no known format fits half of the values, for example "
            f"{_examples(column)}. Write dates as 2024-12-31."
        )
    return found


def _examples(column: pa.ChunkedArray) -> list[object]:
    return [v.as_py() for v in column.drop_null().slice(0, 3)]
