"""Classes or a number? And is the target usable at all: every hard fault of it, named with rows and what to do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whet.data.parse import is_text_type, parse_labels, parse_numbers
from whet.data.raw import Raw
from whet.data.target_values import read_target
from whet.errors import DataError, LabelError, did_you_mean

__all__ = ["TargetKind", "check_classes", "choose_target", "infer_target"]

_LIKELY = ("label", "target", "class", "y", "outcome", "category", "income", "price", "species")


@dataclass(frozen=True)
class TargetKind:
    """Whether the target is a number (regression), and why we think so."""

    is_number: bool
    why: str


def choose_target(raw: Raw, target: str | None) -> str:
    """The named target, or the one that the form itself names; never a guess."""
    chosen = target if target is not None else raw.target
    names = raw.table.column_names
    if chosen is None:
        shown = ", ".join(repr(n) for n in names[:30]) + (", ..." if len(names) > 30 else "")
        raise DataError(
            f"{raw.origin}: no target is named, and Whet does not guess what to predict. Name one of its columns: "
            f"{shown}. {_suggest(names)}"
        )
    if chosen not in names:
        raise DataError(f"{raw.origin}: there is no column {chosen!r} to predict. {did_you_mean(chosen, names)}")
    return chosen


def infer_target(raw: Raw, name: str, *, is_number: bool | None, allow_lone: bool = False) -> TargetKind:
    """Classification or regression, as told by ``is_number`` or from the values; checked either way.

    ``allow_lone``: a class may have a single example, for an audit that reports it.

    Raises:
        LabelError: all or most values are missing, one class only, a class with one example, or no numbers.
    """
    column = raw.table.column(name)
    told = is_number is not None
    kind = TargetKind(bool(is_number), "as the task says") if told else _kind_of(column)
    values = read_target(column, is_number=kind.is_number)
    if kind.is_number:
        _check_numbers(raw, name, values.values, values.faults)
    else:
        _check_missing(raw, name, len(values.faults))
        check_classes(values.values, raw.row_numbers, origin=raw.origin, name=name, allow_lone=allow_lone)
    return kind


def check_classes(labels: np.ndarray, rows: np.ndarray, *, origin: str, name: str, allow_lone: bool = False) -> None:
    """Two classes or more, two examples or more of each. ``labels`` (N,) object, None where unusable."""
    known = np.array([label is not None for label in labels.tolist()], dtype=bool)
    found, first, counts = np.unique(labels[known].astype(str), return_index=True, return_counts=True)
    names = found.tolist()
    if len(names) == 1:
        raise LabelError(
            f"{origin}, target {name!r}: every one of {int(counts[0]):,} rows has the label {names[0]!r}, so there is "
            "nothing to tell apart. Name another target, or add examples of other classes."
        )
    alone = np.flatnonzero(counts < (1 if allow_lone else 2))
    if len(alone):
        where = rows[known][first[alone]]
        shown = ", ".join(f"{names[c]!r} (row {r})" for c, r in list(zip(alone.tolist(), where.tolist()))[:10])
        more = f" and {len(alone) - 10:,} more" if len(alone) > 10 else ""
        raise LabelError(
            f"{origin}, target {name!r}: {len(alone):,} of {len(names):,} classes have a single example, which cannot "
            f"be both learnt from and tested on: {shown}{more}. Add examples, merge the class into another, or remove "
            "those rows; if the target is a quantity, say that the task is a regression."
        )


def _kind_of(column: pa.ChunkedArray) -> TargetKind:
    if pa.types.is_boolean(column.type):
        return TargetKind(False, "true or false, so classes")
    labels = parse_labels(column, trim=True).drop_null()
    if not is_text_type(column) and not _is_numeric(column.type):
        return TargetKind(False, f"the source says {column.type}, so classes")
    parsed = parse_numbers(column)
    if parsed.share_good < 0.9:  # more slack than for features: a bad target is reported row by row
        return TargetKind(
            False, f"{int(pc.count_distinct(labels).as_py()):,} distinct values that are no numbers, so classes"
        )
    good = parsed.values[np.isfinite(parsed.values)]
    num_distinct = len(np.unique(good))
    seen = f"{num_distinct:,} distinct"
    if not np.array_equal(good, np.round(good)):
        return TargetKind(True, f"{seen} numbers with fractions, so a number")
    few = num_distinct <= 20 or (num_distinct <= 50 and num_distinct <= 0.05 * len(good))
    if few and num_distinct <= len(good) / 2:
        return TargetKind(False, f"{seen} whole numbers among {len(good):,} rows, so classes")
    return TargetKind(True, f"{seen} whole numbers among {len(good):,} rows, so a number")


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _check_missing(raw: Raw, name: str, num_missing: int) -> None:
    total = raw.num_rows
    if num_missing == total:
        raise LabelError(f"{raw.origin}, target {name!r}: all {total:,} values are missing. Name another target.")
    if num_missing >= 0.5 * total:
        raise LabelError(
            f"{raw.origin}, target {name!r}: {num_missing:,} of {total:,} values are missing, half or more. Fill them "
            "in, or remove the rows that you do not want to learn from."
        )


def _check_numbers(raw: Raw, name: str, values: np.ndarray, faults: dict[int, str]) -> None:
    num_words = sum(not what.endswith("missing") for what in faults.values())
    if num_words >= 0.5 * raw.num_rows or (num_words and num_words == len(faults) == raw.num_rows):
        first = next(r for r, what in faults.items() if not what.endswith("missing"))
        raise LabelError(
            f"{raw.origin}, target {name!r}: {num_words:,} of {raw.num_rows:,} values are no finite numbers, the first "
            f"{raw.table.column(name)[first].as_py()!r} in row {raw.row_numbers[first]}. A regression needs numbers; "
            "say that the task is a classification if these are classes."
        )
    _check_missing(raw, name, len(faults))
    good = values[np.isfinite(values)]
    if np.ptp(good) == 0:
        only = f"every value is {good[0]:g}"
        raise LabelError(f"{raw.origin}, target {name!r}: {only}, so nothing can be predicted. Name another target.")


def _suggest(names: list[str]) -> str:
    likely = [n for n in names if n.lower() in _LIKELY]
    if names and not likely:
        return f"Often it is the last one, {names[-1]!r}."
    return f"Likely: {', '.join(repr(n) for n in likely)}." if likely else ""
