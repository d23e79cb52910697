"""Texts that spell out their own label: "[positive] what a film", "__label__sports ...", "category: 3"."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

__all__ = ["label_word_shares"]

_WORD = re.compile(r"\w+")


def label_word_shares(texts: Sequence[str], codes: np.ndarray, labels: Sequence[str]) -> tuple[float, float]:
    """Share of texts that hold their own label as words, and share that hold any other label; case plays no part.

    >>> label_word_shares(["pos: good", "neg: bad", "good"], np.array([0, 1, 0]), ["pos", "neg"])
    (0.6666666666666666, 0.0)
    """
    phrases = [_folded(label) for label in labels]
    folded = [_folded(text) for text in texts]
    own = np.array([phrases[code] in text for text, code in zip(folded, codes.tolist(), strict=True)])
    other = np.zeros(len(folded), dtype=bool)
    for code, phrase in enumerate(phrases):
        rest = np.flatnonzero((codes != code) & ~other)
        other[rest] = [phrase in folded[i] for i in rest.tolist()]
    return float(own.mean()), float(other.mean())


def _folded(text: str) -> str:
    """Words only, each between blanks, so that "in" does not hide in "kind"."""
    words = _WORD.findall(text.lower().replace("__label__", " ").replace("_", " "))
    return f" {' '.join(words)} "
