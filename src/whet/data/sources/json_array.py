"""A JSON array, item by item: only its text is held whole, not what it becomes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whet.data.sources.json_text import DECODER, check_text, in_words
from whet.data.sources.limits import in_megabytes
from whet.data.sources.tally import snippet
from whet.errors import DataError

__all__ = ["items_of"]

MAX_ARRAY_BYTES = 512 << 20  # JSON lines have no such limit: they are read line by line

_BLANKS = re.compile(r"[ \t\n\r]*")  # what JSON calls white space


def items_of(blocks: Iterator[bytes], path: Path) -> Iterator[tuple[str, Any]]:
    """Each item and where it is.

    Raises:
        DataError: the file is no JSON array, with the line or the item; or it is too long.
    """
    text = _whole(blocks, path)
    at = _after_blanks(text, text.index("[") + 1)
    if text.startswith("]", at):
        at += 1
    else:
        number, more = 0, True
        while more:
            number += 1
            value, at = _item(text, at, number, path.name)
            yield f"{path.name} item {number}", value
            at = _after_blanks(text, at)
            if text[at : at + 1] not in (",", "]"):
                raise _broken(text, at, "',' or ']' expected", path.name)
            more = text[at] == ","
            at = _after_blanks(text, at + 1)
    if _after_blanks(text, at) < len(text):
        raise _broken(text, at, "extra data", path.name)


def _whole(blocks: Iterator[bytes], path: Path) -> str:
    held = bytearray()
    for block in blocks:
        held += block
        if len(held) > MAX_ARRAY_BYTES:
            raise DataError(
                f"{path.name}: a JSON array of more than {in_megabytes(MAX_ARRAY_BYTES)} is not read. "
                "Save it as JSON lines (.jsonl): one object per line, no brackets around them."
            )
    try:
        return held.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is no JSON: {error}. Save it as UTF-8.") from error


def _item(text: str, at: int, number: int, origin: str) -> tuple[Any, int]:
    try:
        value, end = DECODER.raw_decode(text, at)
        check_text(text[at:end], value)
    except json.JSONDecodeError as error:
        raise _broken(text, error.pos, error.msg, origin) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{origin} item {number} is no JSON: {in_words(error)}. Fix it or leave it out.") from error
    return value, end


def _broken(text: str, at: int, what: str, origin: str) -> DataError:
    line = text.count("\n", 0, at) + 1
    return DataError(f"{origin} line {line}: is no JSON: {what}, at {snippet(text[at : at + 61])}. Save it again.")


def _after_blanks(text: str, at: int) -> int:
    blank = _BLANKS.match(text, at)
    return at if blank is None else blank.end()
