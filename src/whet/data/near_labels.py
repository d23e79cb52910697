"""Labels that differ only in case or white space: most often one class written two ways, so it is said."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from whet.data.raw import Problem

__all__ = ["near_misses"]

_LOOKS_MISSING = {"na", "n/a", "nan", "null", "?", "-", "#n/a"}  # not "none", which is often a class


def near_misses(labels: np.ndarray, origin: str, target: str) -> tuple[Problem, ...]:
    """Remarks (kept=True) on labels (N,) that are variants of another label or read like a missing value.

    >>> [p.what for p in near_misses(np.array(["cat", "cat", "Cat "], dtype=object), "pets.csv", "kind")]
    ["label 'Cat ' (1 rows) differs from 'cat' (2 rows) only in case or white space; both are kept as classes"]
    """
    names, counts = np.unique(labels.astype(str), return_counts=True)
    where = f"{origin} column {target!r}"
    families: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for name, count in zip(names.tolist(), counts.tolist()):
        families[" ".join(name.split()).casefold()].append((count, name))
    remarks = [
        f"label {name!r} ({count:,} rows) reads like a missing value; it is kept as a class"
        for folded, members in families.items()
        if folded in _LOOKS_MISSING
        for count, name in members
    ]
    for members in families.values():
        (most, main), *rest = sorted(members, key=lambda m: (-m[0], m[1]))
        remarks += [
            f"label {name!r} ({count:,} rows) differs from {main!r} ({most:,} rows) only in case or white space; "
            "both are kept as classes"
            for count, name in rest
        ]
    return tuple(Problem(where=where, what=what, kept=True) for what in remarks)
