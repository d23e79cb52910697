"""One JSON value: parsed strictly, and faults said in plain words."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

__all__ = ["DECODER", "check_text", "in_words", "parse_json"]


def parse_json(line: bytes) -> Any:
    """The value of one line; any fault is a ValueError or a RecursionError.

    >>> parse_json(b'{"a": 1}')
    {'a': 1}
    """
    text = line.decode("utf-8")
    value = DECODER.decode(text)
    check_text(text, value)
    return value


def check_text(text: str, value: Any) -> None:
    """Raise a ValueError where ``value``, decoded from ``text``, holds half of a surrogate pair, which is no text."""
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()


def in_words(error: Exception) -> str:
    """What is wrong, in the words of the file and not of Python."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if "integer string conversion" in str(error):
        return "it holds a whole number of thousands of digits"
    return str(error)[:300]


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    return held if len(held) == len(pairs) else _refuse_duplicates(pairs)


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> NoReturn:
    twice = sorted(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    raise ValueError(f"the keys {twice[:5]} occur twice in one object")


DECODER = json.JSONDecoder(object_pairs_hook=_without_duplicates)
