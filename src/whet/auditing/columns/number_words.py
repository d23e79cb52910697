"""Numbers that people write and no plain reader takes: "1,234", "12 %", "$5", "180 cm"; and words that mean nothing.

Everything works on the distinct words of a column at once. "1,234" is read as thousands unless the column writes
decimal commas more often than it could write thousands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whet.auditing.columns.column_words import Words, matches, words_of
from whet.auditing.columns.units import UNITS
from whet.auditing.inspection import Inspection
from whet.auditing.memory import remembered
from whet.data.parse import MISSING_WORDS, parse_numbers

__all__ = ["EMPTY_WORDS", "NumberWords", "number_words"]

# Words that stand for "nobody knows"; compared trimmed and without case. "none" and "na" are left to number columns
# (``MISSING_WORDS``): among categories they may be a real answer, or Namibia.
EMPTY_WORDS = (
    "?",
    "??",
    "-",
    "--",
    "---",
    ".",
    "n/a",
    "#n/a",
    "n.a.",
    "nan",
    "null",
    "<na>",
    "#null!",
    "#value!",
    "#ref!",
    "#div/0!",
    "unknown",
    "unk",
    "missing",
    "not available",
    "not known",
    "undefined",
    "tbd",
    "to be determined",
    "xxx",
)

_WRITTEN = (
    r"^(?P<lead>[$€£¥]|USD|EUR|GBP|CHF)?\s*(?P<sign>[+-]?)\s*(?P<digits>[0-9][0-9.,' ]*|\.[0-9]+)\s*"
    r"(?P<tail>%|[$€£¥]|['\"]|°?[A-Za-z]{1,5}\.?(?:/[A-Za-z]{1,4})?)?$"
)
_THOUSANDS = r"^[0-9]{1,3}([,' ][0-9]{3})+(\.[0-9]+)?$"
_EUROPEAN = r"^[0-9]{1,3}(\.[0-9]{3})+,[0-9]+$"
_DECIMAL_COMMA = r"^[0-9]+,[0-9]+$"
_PLAIN = r"^([0-9]+\.?[0-9]*|\.[0-9]+)$"
_SIGNS = ("$", "€", "£", "¥", "USD", "EUR", "GBP", "CHF")


@dataclass(frozen=True)
class NumberWords:
    """Lines follow ``words.distinct`` (D,). A word is plain, decorated, empty or other: exactly one of them."""

    words: Words
    values: np.ndarray  # (D,) float64 of plain and decorated numbers, NaN for others
    plain: np.ndarray  # (D,) bool: read as it stands
    decorated: np.ndarray  # (D,) bool: a number with something around or inside it
    empty: np.ndarray  # (D,) bool: stands for a missing value
    styles: np.ndarray  # (D,) object: "a percent sign", "the unit cm"; "" where not decorated
    units: np.ndarray  # (D,) object: "cm", lower case; "" for none

    @property
    def other(self) -> np.ndarray:
        """(D,) bool: words."""
        return np.asarray(~(self.plain | self.decorated | self.empty))

    def share(self, wanted: np.ndarray) -> float:
        """Share of examples with these words among those that hold any, in [0, 1]."""
        counts = self.words.counts
        written = counts[~self.empty].sum()
        return float(counts[wanted & ~self.empty].sum() / written) if written else 0.0


def number_words(inspection: Inspection, name: str) -> NumberWords | None:
    """How the column writes its numbers; None where it was not read from short strings."""
    words = words_of(inspection, name)
    return None if words is None else remembered(inspection, f"number words {name}", lambda: _read(words))


def _read(words: Words) -> NumberWords:
    parsed = parse_numbers(pa.chunked_array([words.distinct]))
    lower = pc.utf8_lower(words.trimmed)
    known = pa.array([*EMPTY_WORDS, *MISSING_WORDS], pa.large_string())
    empty = np.asarray(pc.is_in(lower, value_set=known).to_numpy(zero_copy_only=False))
    plain = np.isfinite(parsed.values)
    values, styles, units = parsed.values.copy(), _blank(len(plain)), _blank(len(plain))
    odd = np.flatnonzero(~plain & ~empty)
    if len(odd):
        values[odd], styles[odd], units[odd] = _decoded(words.trimmed.take(pa.array(odd)))
    decorated = np.isfinite(values) & ~plain
    return NumberWords(words, values, plain, decorated, empty, styles, units)


def _decoded(words: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, styles and units of words that are no plain numbers."""
    parts = pc.extract_regex(words, pattern=_WRITTEN)
    lead, sign, digits, tail = (pc.fill_null(_field(parts, n), "") for n in ("lead", "sign", "digits", "tail"))
    digits = pc.utf8_trim_whitespace(digits)
    thousands, european, comma, bare = (matches(digits, p) for p in (_THOUSANDS, _EUROPEAN, _DECIMAL_COMMA, _PLAIN))
    comma &= ~thousands
    if comma.sum() > thousands.sum():
        comma, thousands = (
            comma | matches(digits, r"^[0-9]+,[0-9]{3}$"),
            thousands & ~matches(digits, r"^[0-9]+,[0-9]+$"),
        )
    cleaned = pc.replace_substring_regex(digits, pattern=r"[,' ]", replacement="")
    dotted = pc.replace_substring(digits, pattern=",", replacement=".")
    unpointed = pc.replace_substring(pc.replace_substring(digits, pattern=".", replacement=""), ",", ".")
    chosen = pc.case_when(
        pc.make_struct(*(pa.array(m) for m in (thousands, european, comma, bare))), cleaned, unpointed, dotted, digits
    )
    values = np.asarray(chosen.cast(pa.float64()).to_numpy(zero_copy_only=False))
    values = np.where(_equal(sign, "-"), -values, values)
    marks = np.where(np.isin(_objects(lead), _SIGNS), _objects(lead), _objects(tail)).astype(object)
    units = np.array([m.lower().rstrip(".") if m and m != "%" and m not in _SIGNS else "" for m in marks], object)
    is_strange = np.array([u != "" and u not in UNITS for u in units.tolist()], bool)  # "10th" is no number
    styles = _blank(len(words))
    styles[thousands | european] = "thousands separators"
    styles[comma] = "a decimal comma"
    styles[np.isin(marks, _SIGNS)] = "a currency sign"
    styles[marks == "%"] = "a percent sign"
    named = units != ""
    styles[named] = [f"the unit {u}" for u in units[named]]
    fits = (styles != "") & ~is_strange
    return np.where(fits, values, np.nan), np.where(fits, styles, ""), np.where(fits, units, "")


def _field(parts: Any, name: str) -> Any:
    return pc.if_else(pc.is_valid(parts), pc.struct_field(parts, name), None)


def _objects(words: Any) -> np.ndarray:
    return np.asarray(words.to_numpy(zero_copy_only=False))


def _equal(words: Any, value: str) -> np.ndarray:
    return np.asarray(pc.equal(words, value).to_numpy(zero_copy_only=False))


def _blank(num: int) -> np.ndarray:
    return np.full(num, "", dtype=object)
