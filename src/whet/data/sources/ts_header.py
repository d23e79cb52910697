"""The header of a UCR/UEA ``.ts`` file: lines of ``@key values`` before ``@data``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from whet.data.sources.limits import MAX_COLUMNS
from whet.errors import DataError

__all__ = ["TsHeader", "read_header"]

_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, kw_only=True)
class TsHeader:
    """What the rows hold."""

    has_target: bool  # the last part of each row is a class label or a number
    labels: tuple[str, ...] = ()  # the declared classes; () when the target is a number
    num_dimensions: int | None = None  # None: the first row decides
    data_line: int = 0  # 1-based line of @data

    @cached_property
    def known(self) -> frozenset[str]:
        """``labels``, quick to look up."""
        return frozenset(self.labels)


def read_header(lines: Iterator[tuple[int, str]], origin: str) -> TsHeader:
    """Read up to and including ``@data``; ``lines`` are (1-based number, text).

    >>> read_header(iter([(1, "@dimensions 2"), (2, "@classLabel true a b"), (3, "@data")]), "x.ts").labels
    ('a', 'b')
    """
    has_target = False
    labels: tuple[str, ...] = ()
    dimensions: int | None = None
    for number, line in lines:
        words = line.split()
        if not words or words[0].startswith(("#", "%")):
            continue
        key, where = words[0].lower(), f"{origin} line {number}"
        if key == "@data":
            return TsHeader(has_target=has_target, labels=labels, num_dimensions=dimensions, data_line=number)
        if not key.startswith("@"):
            raise DataError(f"{where}: expected '@key value' or '@data', found {line[:60]!r}. Is this a UCR/UEA file?")
        if key == "@timestamps" and _flag(words, where):
            raise DataError(f"{where}: series with time stamps are not read. Resample to equal steps and drop them.")
        if key in ("@classlabel", "@targetlabel"):
            has_target = _flag(words, where)
            labels = tuple(words[2:]) if key == "@classlabel" and has_target else ()
        elif key in ("@dimensions", "@dimension"):
            dimensions = _count(words, where)
        elif key == "@univariate" and _flag(words, where):
            dimensions = 1
    raise DataError(f"{origin} has no '@data' line, so it is no UCR/UEA series file or was cut short.")


def _flag(words: list[str], where: str) -> bool:
    value = words[1].lower() if len(words) > 1 else ""
    if value not in _FLAGS:
        raise DataError(f"{where}: {words[0]} must be followed by true or false; got {value!r}.")
    return _FLAGS[value]


def _count(words: list[str], where: str) -> int:
    text = words[1] if len(words) > 1 else ""
    if not (text.isdecimal() and len(text) < 10 and 1 <= int(text) <= MAX_COLUMNS):
        raise DataError(
            f"{where}: {words[0]} must be followed by a whole number from 1 to {MAX_COLUMNS}; got {text[:30]!r}."
        )
    return int(text)
