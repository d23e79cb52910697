"""What can be said about a text without reading it: its length and its punctuation."""

from __future__ import annotations

import re

import numpy as np

from whet.auditing.shortcuts.example_property import Property

__all__ = ["text_properties"]

MARKS = re.compile(r"[^\w\s]")
CAPITALS = re.compile(r"[A-Z]")
DIGITS = re.compile(r"\d")


def text_properties(texts: list[str]) -> list[Property]:
    """Properties of each text.

    >>> [(p.name, p.values.tolist()) for p in text_properties(["Ab c!"])][:2]
    [('words', [2.0]), ('letters per word', [2.0])]
    """
    words = np.array([len(t.split()) for t in texts], dtype=np.float64)
    length = np.array([len(t) for t in texts], dtype=np.float64)
    counts = {
        "punctuation marks": MARKS,
        "capital letters": CAPITALS,
        "digits": DIGITS,
    }
    found = [
        Property("words", "length", words),
        Property("letters per word", "length", (length - np.maximum(words - 1, 0)) / np.maximum(words, 1)),
    ]
    for name, pattern in counts.items():
        share = np.array([len(pattern.findall(t)) for t in texts]) / np.maximum(length, 1)
        found.append(Property(f"share of {name}", "spelling", share))
    return found
