"""Words of a text for people, and how weights of tokens become weights of words."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["Span", "pieces_of", "token_spans", "weights_of_words", "word_spans"]

Span = tuple[int, int]  # characters from, up to

# Scripts without spaces fall into characters, all others into what stands between spaces.
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_UNSPACED}]|[^\\s{_UNSPACED}]+")


def word_spans(text: str) -> list[Span]:
    """Where the words stand.

    >>> word_spans(" so, good")
    [(1, 4), (5, 9)]
    """
    return [match.span() for match in _WORD.finditer(text)]


def pieces_of(text: str, spans: list[Span]) -> list[str]:
    """One piece per word, with the space around it: on end they are the text.

    >>> pieces_of(" so, good", word_spans(" so, good"))
    [' so, ', 'good']
    """
    starts = [0, *(start for start, _ in spans[1:]), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(starts)] if spans else []


def token_spans(encoder_config: Mapping[str, Any], text: str, *, count: int) -> list[Span]:
    """Where the first ``count`` tokens of the text stand; an empty span for those that stand for no character.

    ``encoder_config`` is that of the text encoder's state, which holds the tokeniser as JSON.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(encoder_config["tokenizer"])
    return [(int(a), int(b)) for a, b in tokenizer.encode(text).offsets[:count]]


def weights_of_words(words: list[Span], tokens: list[Span], weights: np.ndarray) -> np.ndarray:
    """(W,): each token's weight goes to the word in which it begins.

    >>> weights_of_words([(1, 4), (5, 9)], [(1, 3), (3, 4), (5, 9)], np.array([1.0, 2.0, 4.0])).tolist()
    [3.0, 4.0]
    """
    found = np.zeros(len(words))
    starts = np.array([start for start, _ in words])
    for (start, end), weight in zip(tokens, weights.tolist()):
        if end > start and len(words):
            found[max(0, int(np.searchsorted(starts, start, side="right")) - 1)] += weight
    return found
