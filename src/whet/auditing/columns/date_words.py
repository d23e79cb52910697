"""How a column writes its dates: the main format, a second one, and what looks like a date but is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from whet.auditing.columns.column_words import Words, matches, words_of
from whet.auditing.inspection import Inspection
from whet.auditing.memory import remembered
from whet.data.parse import find_date_format, parse_dates

__all__ = ["DateWords", "SecondFormat", "date_words", "second_format"]

_SHAPE = r"^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([ T][0-9:.]+Z?)?$|^[0-9]{1,2} [A-Za-z]{3,9} [0-9]{4}$"
_SHAPE += r"|^[A-Za-z]{3,9} [0-9]{1,2}, [0-9]{4}$"


@dataclass(frozen=True)
class DateWords:
    """Lines follow ``words.distinct`` (D,)."""

    words: Words
    main: str  # the format of most dates
    shaped: np.ndarray  # (D,) bool: written like a date, of this format or any other
    read: np.ndarray  # (D,) bool: a date of the main format


@dataclass(frozen=True)
class SecondFormat:
    """Dates at ``positions`` are of another format; ``rewritten`` in the main one, or as 2024-12-31."""

    main: str
    second: str
    positions: np.ndarray
    rewritten: list[str]


def date_words(inspection: Inspection, name: str) -> DateWords | None:
    """None where the column does not mean to hold dates."""
    words = words_of(inspection, name)
    return None if words is None else remembered(inspection, f"date words {name}", lambda: _read(words))


def second_format(inspection: Inspection, name: str) -> SecondFormat | None:
    """The format of most dates that the main one does not read; None where there is no such format."""
    read = date_words(inspection, name)
    if read is None:
        return None
    rest = np.flatnonzero(read.shaped & ~read.read)
    if not len(rest):
        return None
    lost = pa.chunked_array([read.words.trimmed.take(pa.array(rest))])
    second = find_date_format(lost, least_share=0.5)
    if second is None:
        return None
    seconds = np.full(len(read.words.distinct), np.nan)
    seconds[rest] = parse_dates(lost, second).values
    positions = read.words.positions(np.isfinite(seconds))
    stamps = pd.to_datetime(seconds[read.words.codes[positions]], unit="s")
    form = "%Y-%m-%d" if read.main == "ISO8601" else read.main
    return SecondFormat(read.main, second, positions, stamps.strftime(form).tolist())


def _read(words: Words) -> DateWords | None:
    shaped = matches(words.trimmed, _SHAPE)
    counts = words.counts
    if not shaped.any() or counts[shaped].sum() < 0.8 * counts.sum():
        return None
    dates = pa.chunked_array([words.trimmed.filter(pa.array(shaped))])
    main = find_date_format(dates, least_share=0.5)
    if main is None:
        return None
    read = np.zeros(len(shaped), bool)
    read[shaped] = np.isfinite(parse_dates(dates, main).values)
    return DateWords(words, main, shaped, read)
