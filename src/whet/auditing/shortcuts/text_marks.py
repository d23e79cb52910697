"""Tokens and phrases that sit on texts of one class only, and read like a mark rather than like language.

A word such as "who" or "why" may well decide what a question asks for: that is language, and no fault. Taken for marks
are tokens that are no words ("#ad7", "<br>", "v2"), the last tokens of a text, phrases of four tokens and more at the
start of many texts, and any token that nearly all texts of one class hold and no others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from whet.auditing.shortcuts.pure_pockets import Pocket, is_pure

__all__ = ["text_pockets"]

WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
PUNCTUATION = re.compile(r"[^\w\s]{1,3}")
LONGEST = 6  # tokens of a phrase
DECIDES = 0.9  # share of a class that must hold a word before the word is taken for a mark
OPENS = 0.05  # share of all texts that must start with a phrase: questions often start alike


def text_pockets(
    texts: Sequence[str], truth: np.ndarray, finding: np.ndarray, *, fewest: int, purity: float
) -> list[Pocket]:
    """Marks whose texts are of one class, in both halves; of phrases within one another the shortest."""
    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for line, text in enumerate(texts):
        for mark in set(_marks(text.split())):
            lines[mark].append(line)
    common = {mark: found for mark, found in lines.items() if len(found) >= 2 * fewest}
    sizes = np.bincount(truth)
    pockets: list[Pocket] = []
    for (kind, name), found in sorted(common.items(), key=lambda pair: (-len(pair[1]), len(pair[0][1]))):
        members = np.zeros(len(truth), dtype=bool)
        members[found] = True
        told = is_pure(members, truth, finding, fewest=fewest, purity=purity, tried=len(common))
        if told is None:
            continue
        code, share, support, p = told
        decides = (truth[members] == code).sum() >= DECIDES * sizes[code]
        repeats = any((members & ~k.members).sum() <= 0.02 * members.sum() for k in pockets)
        is_language = kind == "word" or (kind == "phrase at the start" and len(found) < OPENS * len(texts))
        if (decides or not is_language) and not repeats:
            pockets.append(Pocket(name, kind, code, members, share, support, p))
    return sorted(pockets, key=lambda pocket: pocket.p)


def _marks(tokens: list[str]) -> Iterator[tuple[str, str]]:
    """(kind, mark) of one text; a kind of "word" needs stronger evidence."""
    for token in tokens:
        is_plain = WORD.fullmatch(token.strip(".,;:!?()\"'`")) or PUNCTUATION.fullmatch(token)
        yield ("word" if is_plain else "token", token)
    if len(tokens) > 1 and not PUNCTUATION.fullmatch(tokens[-1]):
        yield ("last token", tokens[-1])
    for length in range(4, min(LONGEST, len(tokens) - 1) + 1):
        yield ("phrase at the start", " ".join(tokens[:length]))
    for length in range(2, min(LONGEST, len(tokens) - 1) + 1):
        yield ("phrase at the end", " ".join(tokens[-length:]))
