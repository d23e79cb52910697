"""What steers the work rather than feeding the model: target, group, time and file name of each example.

An example without a usable target, without a time where times order the split, or whose features cannot be read is
set aside, and becomes one Problem with its row number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from whet.data.near_labels import near_misses
from whet.data.parse import find_date_format, is_text_type, parse_dates, parse_labels, parse_numbers
from whet.data.raw import Problem, Raw
from whet.data.schema import Schema
from whet.data.target_values import read_target
from whet.errors import DataError

__all__ = ["Steering", "read_steering"]


@dataclass(frozen=True, kw_only=True)
class Steering:
    """Arrays for the N kept examples; ``keep`` (N,) int64 are their positions in Raw."""

    keep: np.ndarray
    target: np.ndarray | None
    groups: np.ndarray | None
    times: np.ndarray | None
    files: np.ndarray | None
    problems: tuple[Problem, ...]

    def hashed(self) -> dict[str, np.ndarray]:
        """The part of the content that is not in the feature columns, in types that hash by value."""
        named = {"target": self.target, "groups": self.groups, "times": self.times, "keep": self.keep}
        return {n: a.astype(str) if a.dtype == object else a for n, a in named.items() if a is not None}


def read_steering(raw: Raw, schema: Schema, faults: Mapping[int, str], *, with_target: bool) -> Steering:
    """Columns that ``schema`` names and ``raw`` has; ``faults``: position in Raw -> why it cannot be kept."""
    faults = dict(faults)
    target: np.ndarray | None = None
    if with_target and schema.target in raw.table.column_names:
        read = read_target(raw.table.column(schema.target), is_number=schema.target_is_number)
        faults = {**{int(r): f"target {schema.target!r} {w}" for r, w in read.faults.items()}, **faults}
        target = read.values
    times = _times(raw, schema.time, faults) if schema.time in raw.table.column_names else None
    keep = np.setdiff1d(np.arange(raw.num_rows), np.fromiter(faults, dtype=np.int64, count=len(faults)))
    if len(keep) == 0:
        raise DataError(f"{raw.origin}: no usable example is left; {_first(raw, faults)}. Repair the source.")
    target = None if target is None else target[keep]
    remarks = () if target is None or schema.target_is_number else near_misses(target, raw.origin, str(schema.target))
    return Steering(
        keep=keep,
        target=target,
        groups=_words(raw, schema.group, keep),
        times=None if times is None else times[keep],
        files=_words(raw, raw.id_column, keep),
        problems=(*(_problem(raw, row, faults[row]) for row in sorted(faults)), *remarks),
    )


def _times(raw: Raw, name: str | None, faults: dict[int, str]) -> np.ndarray:
    """(M,) float64: the numbers themselves, or seconds since 1970 for dates; rows without one become faults."""
    column = raw.table.column(name)
    parsed = parse_numbers(column) if _is_numeric(column) else None
    if parsed is None or parsed.share_good < 0.98:
        date_format = find_date_format(column, least_share=0.5) if is_text_type(column) else "ISO8601"
        if date_format is None:
            shown = [v.as_py() for v in column.slice(0, 3)]
            raise DataError(
                f"{raw.origin}: the time column {name!r} holds neither numbers nor dates, for example {shown}. "
                "Name a column of dates or numbers."
            )
        parsed = parse_dates(column, date_format)
    for row in np.flatnonzero(np.isnan(parsed.values)).tolist():
        faults.setdefault(row, f"time {name!r} is missing or cannot be read: {column[row].as_py()!r}")
    return parsed.values


def _is_numeric(column: object) -> bool:
    kind = str(column.type)  # type: ignore[attr-defined]
    return not kind.startswith(("timestamp", "date", "time", "duration", "bool"))


def _words(raw: Raw, name: str | None, keep: np.ndarray) -> np.ndarray | None:
    if name is None or name not in raw.table.column_names:
        return None
    words = np.array(parse_labels(raw.table.column(name), trim=False).to_pylist(), dtype=object)
    return np.asarray(words[keep])


def _problem(raw: Raw, row: int, what: str) -> Problem:
    number = int(raw.row_numbers[row])
    where = f"{raw.origin} row {number}"
    if raw.id_column is not None:
        where = str(raw.table.column(raw.id_column)[row].as_py())
    return Problem(where=where, what=f"{what}; the example is left out", row=number)


def _first(raw: Raw, faults: Mapping[int, str]) -> str:
    row = min(faults, default=0)
    return f"row {raw.row_numbers[row]}: {faults[row]}" if faults else "it has no rows"
