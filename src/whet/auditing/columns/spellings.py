"""Words that are the same but for case, spaces or a slip of the pen."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

__all__ = ["folded", "slips"]

_LETTER = re.compile(r"[^\W\d_]")
_BETWEEN = re.compile(r"[\s_\-]+")


def folded(word: str) -> str:
    """What is left when case, spaces, hyphens and underscores count for nothing.

    >>> folded(" New-York "), folded("new_york")
    ('new york', 'new york')
    """
    return _BETWEEN.sub(" ", word).strip().casefold()


def slips(words: Sequence[str], counts: Sequence[int], *, ratio: float, fewest: int) -> Iterator[tuple[int, int]]:
    """(index of the misspelt word, index of what it should be): one letter missing, added, exchanged or swapped.

    Args:
        words: folded and distinct.
        ratio: the right word is at least so many times as frequent.
        fewest: examples of the right word.

    >>> list(slips(["berlin", "belrin", "male", "female", "type b"], [90, 1, 40, 1, 1], ratio=10, fewest=10))
    [(1, 0)]
    """
    by_part: dict[str, list[int]] = defaultdict(list)
    for i, word in enumerate(words):
        if _is_long(word):
            for part in {word, *_shortened(word)}:
                by_part[part].append(i)
    best: dict[int, int] = {}
    for family in by_part.values():
        main = max(family, key=lambda i: counts[i])
        for i in family:
            is_frequent = counts[main] >= max(fewest, ratio * counts[i])
            if i != main and is_frequent and _is_slip(words[i], words[main]):
                best[i] = main if i not in best or counts[main] > counts[best[i]] else best[i]
    yield from sorted(best.items())


def _is_long(word: str) -> bool:
    """So many letters that one of them more or less is no other word."""
    return len(_LETTER.findall(word)) >= 5


def _shortened(word: str) -> Iterator[str]:
    for i in range(len(word)):
        yield word[:i] + word[i + 1 :]


def _is_slip(word: str, main: str) -> bool:
    """A distance of one (Damerau-Levenshtein). Of short words, one exchanged letter makes others: ISLAND, INLAND."""
    if abs(len(word) - len(main)) > 1 or word == main:
        return False
    start = 0
    while start < min(len(word), len(main)) and word[start] == main[start]:
        start += 1
    a, b = word[start:], main[start:]
    is_numbered = any(c.isdigit() for c in main)  # "model 1a" and "model 1b" are two: only swapped letters count
    if len(a) == len(b):
        if len(a) >= 2 and a[:2].isalpha() and a[0] == b[1] and a[1] == b[0]:
            return a[2:] == b[2:]
        if is_numbered:
            return False
        return a[1:] == b[1:] and len(main) >= 8 and 0 < start < len(main) - 1 and a[:1].isalpha() and b[:1].isalpha()
    if is_numbered:
        return False
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[1:] == shorter and longer[0].isalpha() and len(main) >= 6 and start > 0 and shorter != ""
