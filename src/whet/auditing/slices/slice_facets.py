"""The columns (or plain properties) by which a group of examples can be described, and conditions on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from whet.auditing.inspection import Inspection
from whet.auditing.shortcuts.properties import properties_of
from whet.data.columns import CategoryColumn, DateColumn, NumberColumn

__all__ = ["Condition", "Facet", "Group", "facets_of"]

COMMON = 12  # values of a category that get a facet of their own
FEWEST = 10  # examples with a value, or without one, from which it is worth a facet
WHOLE = ("light and colour", "length", "spelling", "level", "silence")  # kinds of property that describe, not accuse


@dataclass(frozen=True)
class Facet:
    """One number per example: a number or date itself, or 1.0 where a category has this ``label``."""

    column: str
    values: np.ndarray  # (N,) float64, NaN where missing
    kind: Literal["number", "date", "is", "missing"] = "number"
    label: str = ""


@dataclass(frozen=True)
class Condition:
    """``facet`` above, or not above, a threshold; never true of a missing value."""

    facet: Facet
    above: bool
    threshold: float

    def members(self) -> np.ndarray:
        """(N,) bool: the examples that meet it."""
        with np.errstate(invalid="ignore"):
            values = self.facet.values
            return np.asarray(values > self.threshold if self.above else values <= self.threshold)

    def __str__(self) -> str:
        match self.facet.kind:
            case "is":
                return f"{self.facet.column} {'is' if self.above else 'is not'} {self.facet.label!r}"
            case "missing":
                return f"{self.facet.column} {'is' if self.above else 'is not'} missing"
            case "date":
                day = datetime.fromtimestamp(self.threshold, UTC).strftime("%Y-%m-%d %H:%M")
                return f"{self.facet.column} {'after' if self.above else 'up to'} {day}"
            case _:
                return f"{self.facet.column} {'>' if self.above else '<='} {self.threshold:.6g}"


@dataclass(frozen=True)
class Group:
    """All conditions at once.

    >>> age = Facet("age", np.array([20.0, 30.0, 40.0, np.nan]))
    >>> group = Group((Condition(age, True, 10.0), Condition(age, True, 25.0), Condition(age, False, 35.0)))
    >>> str(group), group.members().tolist()
    ('age > 25 and age <= 35', [False, True, False, False])
    """

    conditions: tuple[Condition, ...]

    def members(self) -> np.ndarray:
        """(N,) bool."""
        return np.asarray(np.logical_and.reduce([c.members() for c in self.conditions]))

    def __str__(self) -> str:
        """Of several bounds on one side of one facet only the tightest is told."""
        tightest: dict[tuple[int, bool], Condition] = {}
        for each in self.conditions:
            key = (id(each.facet), each.above)
            old = tightest.get(key)
            if old is None or (each.threshold > old.threshold) == each.above:
                tightest[key] = each
        return " and ".join(str(c) for c in tightest.values())


def facets_of(inspection: Inspection, positions: np.ndarray) -> list[Facet]:
    """Number, date and category columns of the training examples at ``positions``, and plain properties."""
    found: list[Facet] = []
    for name, column in inspection.data.columns.items():
        match column:
            case NumberColumn(values):
                found += _of_number(Facet(name, values[positions]))
            case DateColumn(values):
                found += _of_number(Facet(name, values[positions], "date"))
            case CategoryColumn(codes=codes, labels=labels):
                found += _of_category(name, codes[positions], labels)
    found += [Facet(p.name, p.values) for p in properties_of(inspection, positions) if p.kind in WHOLE]
    return found


def _of_number(facet: Facet) -> list[Facet]:
    missing = np.isnan(facet.values)
    if min(missing.sum(), (~missing).sum()) < FEWEST:
        return [facet]
    return [facet, replace(facet, values=missing.astype(np.float64), kind="missing")]


def _of_category(name: str, codes: np.ndarray, labels: Sequence[str]) -> list[Facet]:
    counts = np.bincount(codes + 2, minlength=len(labels) + 2)
    common = [c for c in (np.argsort(-counts, kind="stable")[:COMMON] - 2).tolist() if counts[c + 2] >= FEWEST]
    named = [Facet(name, (codes == c).astype(np.float64), "is", labels[c]) for c in common if c >= 0]
    return named + [Facet(name, (codes == -1).astype(np.float64), "missing") for c in common if c == -1]
