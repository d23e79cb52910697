"""Make every string of the report safe to show: what cannot be seen, or would mislead the eye, is spelled out.

Escaping for HTML is the template's work; this is about characters that HTML cannot carry (NUL, lone surrogates) and
about those that reorder the text around them, so that "exe.gpj" reads "jpg.exe".
Source: Boucher and Anderson, "Trojan Source", USENIX Security 2023 (the list of reordering characters).
"""

from __future__ import annotations

import unicodedata
from dataclasses import fields, is_dataclass, replace
from typing import Any

__all__ = ["visible", "visible_strings"]

REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
KEPT = frozenset("\n\t")


def visible(text: str) -> str:
    r"""The text with control and reordering characters spelled as escapes.

    >>> visible("cat\x00\u202egnp")
    'cat\\u0000\\u202egnp'
    """
    if text.isprintable():  # the usual case, decided in C
        return text
    return "".join(f"\\u{ord(c):04x}" if _hidden(c) else c for c in text)


def visible_strings(value: Any) -> Any:
    """The same nested value with every string made visible, those of mappings' keys and dataclasses included.

    >>> visible_strings({"a": ["b\\x07", 1]})
    {'a': ['b\\\\u0007', 1]}
    """
    if isinstance(value, str):
        return visible(str(value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: visible_strings(getattr(value, f.name)) for f in fields(value)})
    if isinstance(value, dict):
        return {visible_strings(k): visible_strings(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        if value and all(isinstance(v, float) for v in value):  # scores: nothing to clean, and many
            return value
        return type(value)(visible_strings(v) for v in value)
    return value


def _hidden(character: str) -> bool:
    if character in KEPT:
        return False
    return character in REORDERING or unicodedata.category(character) in ("Cc", "Cs")
