"""What one column holds, and the evidence in plain words.

Looked at on at most 100,000 evenly spaced rows; every value is parsed later anyway, and those that do not fit are
counted then. Whole numbers stay numbers even when few differ: an order that means nothing costs a model little,
while an order thrown away (rooms, grades, ages) cannot be learnt back. They become categories only where they are
written like codes: leading zeros, or a name such as "zip" or "code".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whet.data.infer_paths import path_column
from whet.data.kinds import Kind
from whet.data.parse import find_date_format, is_text_type, parse_labels, parse_numbers
from whet.data.schema import Column

__all__ = ["infer_column", "known_labels", "sample"]

_SAMPLE = 100_000
_CODE_NAME = re.compile(r"(^|_)(zip|zipcode|postcode|postal|code|phone)($|_)", re.IGNORECASE)
_ID_NAME = re.compile(
    r"^(unnamed: ?\d+|index|id|uuid|guid|row_?(id|num|number)|.*[_ ](id|uuid))$|[a-z]I[dD]$", re.IGNORECASE
)


@dataclass(frozen=True)
class _Look:
    """What the sample of a string column shows."""

    num_seen: int  # not missing
    num_distinct: int
    words: float  # per value, on average

    @property
    def share_distinct(self) -> float:
        return self.num_distinct / self.num_seen


def infer_column(name: str, column: pa.ChunkedArray, *, root: Path | None) -> Column:
    """The kind of one scalar column (M,) with its reason; kind "ignored" for what no model should see."""
    if not _is_readable(column.type):
        return _ignored(name, f"unused: values of type {column.type} are not read; turn them into numbers or strings")
    seen = sample(column)
    labels = parse_labels(seen, trim=True)
    present = labels.drop_null()
    if len(present) == 0 and len(parse_labels(column, trim=True).drop_null()) == 0:
        return _ignored(name, "every value is missing")
    num_distinct = int(pc.count_distinct(present).as_py())
    if num_distinct == 1 and len(present) == len(labels) and _is_constant(column):
        return _ignored(name, f"constant: every value is {present[0].as_py()!r}")
    if pa.types.is_boolean(column.type):
        return _category(name, column, "true or false")
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return Column(name=name, kind=Kind.DATE, why=f"the source says {column.type}")
    look = _Look(max(1, len(present)), num_distinct, _mean_words(present))
    if is_text_type(column):
        return _from_strings(name, column, seen, present, look, root)
    return _from_numbers(name, column, seen, look, f"the source says {column.type}")


def sample(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """At most 100,000 evenly spaced values."""
    if len(column) <= _SAMPLE:
        return column
    return column.take(pa.array(np.linspace(0, len(column) - 1, _SAMPLE).astype(np.int64)))


def known_labels(column: pa.ChunkedArray) -> tuple[str, ...]:
    """Every label of a category column, over all rows, sorted."""
    return tuple(sorted(pc.unique(parse_labels(column, trim=True).drop_null()).to_pylist()))


def _from_strings(
    name: str, column: pa.ChunkedArray, seen: pa.ChunkedArray, present: pa.ChunkedArray, look: _Look, root: Path | None
) -> Column:
    paths = path_column(name, present, root)
    if paths is not None:
        return paths
    parsed = parse_numbers(seen)
    if parsed.missing.all():
        return _ignored(name, "every value is missing (empty, NA, ? and the like)")
    if parsed.share_good >= 0.98:
        if pc.any(pc.match_substring_regex(present, pattern=r"^0[0-9]")).as_py():
            return _category(name, column, "numbers with leading zeros are codes")
        written = f"{100 * parsed.share_good:.4g} % of {int((~parsed.missing).sum()):,} values parse as numbers"
        return _from_numbers(name, column, seen, look, written)
    if look.words < 6 and (date_format := find_date_format(seen)) is not None:
        why = f"98 % or more of {look.num_seen:,} values are dates of the form {date_format}"
        return Column(name=name, kind=Kind.DATE, why=why, date_format=date_format)
    return _from_words(name, column, present, look)


def _from_words(name: str, column: pa.ChunkedArray, present: pa.ChunkedArray, look: _Look) -> Column:
    seen = f"{look.num_distinct:,} distinct among {look.num_seen:,} values"
    prose = f"{seen}, {look.words:.1f} words each on average"
    if look.words >= 4 and (look.num_distinct > 50 or look.share_distinct > 0.5):
        return Column(name=name, kind=Kind.TEXT, why=prose)
    several_words = float(pc.mean(pc.match_substring(present, " ").cast(pa.float64())).as_py())
    if look.words >= 2 and several_words >= 0.5 and look.share_distinct > 0.5 and look.num_distinct > 5:
        return Column(name=name, kind=Kind.TEXT, why=prose)
    id_like = look.share_distinct > 0.99 and look.num_seen >= 20
    if id_like or (_ID_NAME.search(name) and look.share_distinct > 0.9):
        return _ignored(name, f"id-like: nearly every value is a different single word ({seen})")
    return _category(name, column, seen)


def _from_numbers(name: str, column: pa.ChunkedArray, seen: pa.ChunkedArray, look: _Look, why: str) -> Column:
    first = parse_numbers(column.slice(0, _SAMPLE)).values
    whole = bool(len(first)) and bool(np.all(np.isfinite(first)) and np.all(first == np.round(first)))
    if whole and len(first) >= 10 and np.all(np.diff(first) == 1):
        return _ignored(name, "id-like: counts the rows, one by one")
    if whole and _ID_NAME.search(name) and look.share_distinct > 0.99 and len(first) >= 10:
        return _ignored(name, "id-like: a different whole number in every row, and named like an id")
    if _CODE_NAME.search(name) and look.num_distinct <= max(20, 0.05 * look.num_seen):
        return _category(name, column, f"{look.num_distinct:,} distinct numbers, named like a code")
    return Column(name=name, kind=Kind.NUMBER, why=f"{why}, {look.num_distinct:,} distinct")


def _is_constant(column: pa.ChunkedArray) -> bool:
    return bool(pc.count_distinct(parse_labels(column, trim=True), mode="all").as_py() == 1)


def _is_readable(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    checks = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_boolean,
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        pa.types.is_date,
        pa.types.is_timestamp,
        pa.types.is_null,
    )
    return any(check(kind) for check in checks)


def _mean_words(present: pa.ChunkedArray) -> float:
    if len(present) == 0:
        return 0.0
    return 1.0 + float(pc.mean(pc.count_substring_regex(present, pattern=r"\s+")).as_py())


def _category(name: str, column: pa.ChunkedArray, why: str) -> Column:
    labels = known_labels(column)
    return Column(name=name, kind=Kind.CATEGORY, labels=labels, why=why)


def _ignored(name: str, why: str) -> Column:
    return Column(name=name, kind=Kind.IGNORED, why=why)


def as_text(column: Column) -> Column:
    """The same column read as text after all, when nothing else is left to learn from."""
    return replace(column, kind=Kind.TEXT, why=f"{column.why}; read as text, since it is the only feature")
