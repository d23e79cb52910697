"""Columns of text become numbers, dates and labels: the one grammar for inference, decoding and prediction.

A value is *missing* (nothing was written), *good*, or *bad* (something was written that is not of the kind). Bad is
never silently missing: the callers count it. Numbers are plain decimals with "." and an optional exponent; thousands
separators, units and decimal commas are bad, because guessing them wrong changes values by a factor of a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from whet.errors import DataError

__all__ = [
    "MISSING_WORDS",
    "Parsed",
    "find_date_format",
    "is_text_type",
    "parse_dates",
    "parse_labels",
    "parse_numbers",
]

# Compared without case, and only in number and date columns: in a category "NA" may be Namibia and "None" a class.
MISSING_WORDS = ("", "na", "n/a", "nan", "null", "none", "nil", "missing", "?", "-", "#n/a")

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_WHOLE = r"^([+-]?[0-9]+)\.0+$"

# Tried in this order, so that a column that fits two formats is read with the first; "03/04/2024" alone is therefore
# taken as month first, while one value above 12 in front decides for day first.
_DATE_FORMATS = (
    "ISO8601",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d-%m-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%a %b %d %H:%M:%S %Y",
)


@dataclass(frozen=True)
class Parsed:
    """``values`` (N,) float64 with NaN for missing and bad; ``missing`` and ``bad``: (N,) bool, never both true."""

    values: np.ndarray
    missing: np.ndarray
    bad: np.ndarray

    @property
    def share_good(self) -> float:
        """Good values over values that are not missing, in [0, 1]; 0 when all are missing."""
        written = len(self.values) - int(self.missing.sum())
        return 1.0 - float(self.bad.sum()) / written if written else 0.0


def is_text_type(column: pa.ChunkedArray) -> bool:
    """Whether the source gave strings, whose kind is still open."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def parse_numbers(column: pa.ChunkedArray) -> Parsed:
    """Finite decimals; infinities are bad.

    >>> parsed = parse_numbers(pa.chunked_array([["1", " 2.5 ", "NA", "x", None]]))
    >>> parsed.values.tolist(), parsed.missing.tolist(), parsed.bad.tolist()
    ([1.0, 2.5, nan, nan, nan], [False, False, True, False, True], [False, False, False, True, False])
    """
    if is_text_type(column):
        trimmed, missing = _trimmed(column)
        fits = pc.match_substring_regex(trimmed, pattern=_NUMBER)
        values = _to_numpy(pc.if_else(fits, trimmed, None).cast(pa.float64()))
    else:
        column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        values = _to_numpy(column.cast(pa.float64(), safe=False))
        missing = np.isnan(values)
    finite = np.isfinite(values)
    return Parsed(np.where(finite, values, np.nan), missing, ~finite & ~missing)


def parse_dates(column: pa.ChunkedArray, date_format: str) -> Parsed:
    """Seconds since 1970-01-01 UTC; a time without a zone is taken as UTC.

    >>> parse_dates(pa.chunked_array([["1970-01-02", "?"]]), "ISO8601").values.tolist()
    [86400.0, nan]
    """
    if not is_text_type(column):
        if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
            raise DataError(f"dates are expected, but the source holds {column.type} values; write them as 2024-12-31.")
        stamps = pd.to_datetime(column.to_pandas(), utc=True, errors="coerce")
        missing = _to_numpy(pc.is_null(column)).astype(bool)
        return _from_stamps(stamps, missing)
    trimmed, missing = _trimmed(column)
    coded = pc.dictionary_encode(trimmed.combine_chunks())  # dates repeat, and parsing them is the slow part
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    words = pd.Series(coded.dictionary.to_pylist(), dtype=object)
    stamps = pd.to_datetime(words, format=date_format, errors="coerce", utc=True)
    seconds = np.append(_seconds(stamps), np.nan)
    codes = np.asarray(pc.fill_null(coded.indices, len(words)))
    values = np.where(missing, np.nan, seconds[codes])
    return Parsed(values, missing, np.isnan(values) & ~missing)


def find_date_format(column: pa.ChunkedArray, *, least_share: float = 0.98) -> str | None:
    """The format that most values of a string column fit, or None when no format reaches ``least_share``.

    >>> find_date_format(pa.chunked_array([["25/12/2023", "03/04/2024"]]))
    '%d/%m/%Y'
    """
    with_digits = pc.match_substring_regex(
        pc.fill_null(column.cast(pa.large_string()), ""), pattern=r"[0-9].*[-/.: ].*[0-9]"
    )
    if not pc.any(with_digits).as_py():
        return None
    probe = column.take(pa.array(np.linspace(0, len(column) - 1, min(len(column), 500)).astype(np.int64)))
    if max(parse_dates(probe, f).share_good for f in _DATE_FORMATS) < 0.9 * least_share:
        return None  # most columns of words end here, at little cost
    shares = [(parse_dates(column, f).share_good, -i, f) for i, f in enumerate(_DATE_FORMATS)]
    share, _, best = max(shares)
    return best if share >= least_share else None


def parse_labels(column: pa.ChunkedArray, *, trim: bool) -> pa.ChunkedArray:
    """Strings, null where missing (nothing, or white space only); whole numbers read "3", never "3.0".

    Each value is treated by itself, so that the same label reads the same in every file. ``trim`` cuts outer space.

    >>> parse_labels(pa.chunked_array([[3.0, 1.5, None]]), trim=True).to_pylist()
    ['3', '1.5', None]
    >>> parse_labels(pa.chunked_array([["3.0", " a", " "]]), trim=True).to_pylist()
    ['3', 'a', None]
    """
    column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    if pa.types.is_boolean(column.type):
        return pc.if_else(column, pa.scalar("True", pa.large_string()), pa.scalar("False", pa.large_string()))
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    words = column.cast(pa.large_string())
    trimmed = pc.utf8_trim_whitespace(words)
    words = pc.if_else(pc.equal(trimmed, ""), None, trimmed if trim else words)
    return pc.replace_substring_regex(words, pattern=_WHOLE, replacement=r"\1")


def _trimmed(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, np.ndarray]:
    column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    trimmed = pc.utf8_trim_whitespace(column.cast(pa.large_string()))
    words = pa.array(MISSING_WORDS, pa.large_string())
    missing = pc.or_(pc.is_null(trimmed), pc.fill_null(pc.is_in(pc.utf8_lower(trimmed), value_set=words), True))
    return trimmed, _to_numpy(missing).astype(bool)


def _to_numpy(column: Any) -> np.ndarray:
    return np.asarray(column.to_numpy())


def _from_stamps(stamps: Any, missing: np.ndarray) -> Parsed:
    values = _seconds(stamps)
    return Parsed(values, missing, np.isnan(values) & ~missing)


def _seconds(stamps: Any) -> np.ndarray:
    """NaT becomes NaN; the unit of the stamps (ns, us, s) does not matter."""
    elapsed = pd.Series(stamps) - pd.Timestamp(0, tz="UTC")
    return np.asarray(elapsed.dt.total_seconds(), dtype=np.float64)
