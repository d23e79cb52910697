"""What each word of a category column was meant to be: the most frequent spelling of its family."""

from __future__ import annotations

from collections import defaultdict

from whet.auditing.columns.column_words import words_of
from whet.auditing.columns.spellings import folded, slips
from whet.auditing.inspection import Inspection
from whet.auditing.memory import remembered

__all__ = ["meant_words"]

MOST = 20_000  # distinct values; with more the column holds names, not categories


def meant_words(inspection: Inspection, name: str, *, ratio: float = 10.0, fewest: int = 10) -> list[str] | None:
    """One for each distinct word of the column (``words_of``); None where it was not read from few short strings.

    Args:
        ratio, fewest: how much more frequent a word is than its slip of the pen, and how often it stands there.
    """
    words = words_of(inspection, name)
    if words is None or len(words.distinct) > MOST:
        return None
    key = f"meant words {name} {ratio} {fewest}"
    written, counts = words.distinct.to_pylist(), words.counts.tolist()
    return remembered(inspection, key, lambda: _meant(written, counts, ratio, fewest))


def _meant(written: list[str], counts: list[int], ratio: float, fewest: int) -> list[str]:
    families: dict[str, list[int]] = defaultdict(list)
    for i, word in enumerate(written):
        families[folded(word)].append(i)
    sizes = {key: sum(counts[i] for i in members) for key, members in families.items()}
    best = {key: written[max(members, key=lambda i: (counts[i], -i))] for key, members in families.items()}
    keys = [key for key in families if key]
    for slipped, right in slips(keys, [sizes[k] for k in keys], ratio=ratio, fewest=fewest):
        best[keys[slipped]] = best[keys[right]]
    return [best[folded(word)].strip() if folded(word) else word for word in written]
