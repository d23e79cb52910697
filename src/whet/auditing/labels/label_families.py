"""Labels that mean the same class but are written differently, and labels that stand for no class at all."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from whet.auditing.columns.spellings import folded, slips

__all__ = ["Variant", "placeholder_labels", "variants"]

# Not "none", "other" or "no answer", which often are classes.
_NO_LABEL = {
    "",
    "?",
    "??",
    "-",
    "--",
    "n/a",
    "#n/a",
    "na",
    "nan",
    "null",
    "nil",
    "tbd",
    "todo",
    "undefined",
    "unlabeled",
}
_NO_LABEL |= {"unlabelled", "not available", "missing", "unknown", "xxx", "label", "<na>"}
_MAY_BE_CLASSES = {"unknown", "-", "na", "undefined", "label"}  # told, but nothing is done unasked


@dataclass(frozen=True)
class Variant:
    """Label ``written`` stands for ``meant``; both are indices into the labels."""

    written: int
    meant: int
    how: Literal["case or space", "accents", "number", "typing"]


def variants(labels: Sequence[str], counts: Sequence[int], *, ratio: float) -> list[Variant]:
    """The most frequent form of each family is what is meant.

    >>> found = variants(["cat", "Cat ", "horse", "hrose", "car", "1", "1.0"], [90, 5, 80, 2, 70, 9, 3], ratio=20)
    >>> [(v.written, v.meant, v.how) for v in found]
    [(1, 0, 'case or space'), (3, 2, 'typing'), (6, 5, 'number')]
    """
    found: dict[int, Variant] = {}
    for how, key in (("case or space", folded), ("accents", _plain), ("number", _number)):
        families: dict[str, list[int]] = defaultdict(list)
        for i, label in enumerate(labels):
            if i not in found and key(label):
                families[key(label)].append(i)
        for family in families.values():
            main = max(family, key=lambda i: (counts[i], -i))
            for i in family:
                if i != main and not _are_letters(labels[i], labels[main]):
                    found[i] = Variant(i, main, how)  # type: ignore[arg-type]
    rest = [i for i in range(len(labels)) if i not in found]
    words = [_plain(labels[i]) for i in rest]
    for wrong, right in slips(words, [counts[i] for i in rest], ratio=ratio, fewest=int(ratio)):
        found[rest[wrong]] = Variant(rest[wrong], rest[right], "typing")
    return [found[i] for i in sorted(found)]


def placeholder_labels(labels: Sequence[str]) -> list[tuple[int, bool]]:
    """(index, may it be a class after all?) of labels that read like "no label".

    >>> placeholder_labels(["cat", "N/A", "unknown", "none"])
    [(1, False), (2, True)]
    """
    words = [" ".join(label.split()).casefold() for label in labels]
    return [(i, word in _MAY_BE_CLASSES) for i, word in enumerate(words) if word in _NO_LABEL]


def _plain(label: str) -> str:
    """Without accents, case and space."""
    apart = unicodedata.normalize("NFKD", label)
    return folded("".join(c for c in apart if not unicodedata.combining(c)))


def _number(label: str) -> str:
    """Numbers that are equal: "1", "1.0", "+1"; not "01", which is often a code."""
    if label.strip().startswith("0") and len(label.strip()) > 1 and "." not in label:
        return ""
    try:
        value = float(label)
    except ValueError:
        return ""
    return repr(value) if value == value else ""


def _are_letters(a: str, b: str) -> bool:
    """Single letters that differ by case are often two classes, as in sets of handwriting."""
    return len(a.strip()) == len(b.strip()) == 1 and a.strip() != b.strip()
