"""Examples that one mark decides: nearly all that carry it belong to one class.

A mark may sit on a few examples only, which hardly moves any score, so it is looked for on its own: found on one half
of the examples, and its purity measured on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from sklearn.tree import DecisionTreeClassifier

from whet.auditing.shortcuts.example_property import Property

__all__ = ["Pocket", "is_pure", "property_pockets"]

LEAVES = 16  # of a tree


@dataclass(frozen=True)
class Pocket:
    """``members`` (N,) bool carry the mark; nearly all are of class ``code``."""

    name: str
    kind: str
    code: int
    members: np.ndarray
    purity: float  # on the half that did not find it
    support: int  # examples of that half
    p: float  # of so pure a pocket by chance, were the mark on random examples; corrected for all that was tried


def property_pockets(
    properties: Sequence[Property], truth: np.ndarray, finding: np.ndarray, *, fewest: int, purity: float
) -> list[Pocket]:
    """Leaves of one small tree per place; ``fewest``: examples of each half that a pocket holds at least."""
    if min(finding.sum(), (~finding).sum()) < 2 * fewest:
        return []
    places: dict[str, list[Property]] = {}
    for each in properties:
        places.setdefault(each.place or each.name, []).append(each)
    tried = LEAVES * len(places)
    found = []
    for place, mine in places.items():
        table = np.stack([np.where(np.isfinite(p.values), p.values, -1e6) for p in mine], axis=1)
        tree = DecisionTreeClassifier(
            max_leaf_nodes=LEAVES, min_samples_leaf=fewest, criterion="entropy", random_state=0
        )
        leaf = tree.fit(table[finding], truth[finding]).apply(table)
        for number in np.unique(leaf):
            members = leaf == number
            pocket = is_pure(members, truth, finding, fewest=fewest, purity=purity, tried=tried)
            if pocket is not None:
                code, share, support, p = pocket
                found.append(Pocket(place, mine[0].kind, code, members, share, support, p))
    return sorted(found, key=lambda f: f.p)


def is_pure(
    members: np.ndarray, truth: np.ndarray, finding: np.ndarray, *, fewest: int, purity: float, tried: int
) -> tuple[int, float, int, float] | None:
    """(class code, purity, support, p) when both halves agree that ``members`` are of one class; None otherwise."""
    here, there = truth[members & finding], truth[members & ~finding]
    if min(len(here), len(there)) < fewest:
        return None
    code = int(np.bincount(here).argmax())
    share_here, share = float((here == code).mean()), float((there == code).mean())
    if min(share_here, share) < purity:
        return None
    base = float((truth == code).mean())
    p = min(1.0, tried * float(binomtest(int((there == code).sum()), len(there), base, alternative="greater").pvalue))
    return code, share, len(there), p
