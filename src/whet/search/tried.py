"""What a method is told about earlier trials, and what it wants to see next. Plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Proposal", "Tried", "by_rank"]

State = Literal["complete", "pruned", "failed", "running"]


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Values to train at a fidelity; ``note`` is the method's own, kept with the trial."""

    values: Mapping[str, Any]
    fidelity: float = 1.0  # share of a full training, in (0, 1]
    note: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One trial of the study. ``score`` is None unless it is complete."""

    number: int
    values: Mapping[str, Any]
    state: State
    digest: str  # of the recipe
    fidelity: float = 1.0
    note: Mapping[str, int] = field(default_factory=dict)
    score: float | None = None  # primary metric on validation
    seconds: float = 0.0
    curve: Mapping[int, float] = field(default_factory=dict)  # percent of the training -> validation score
    duplicate_of: int | None = None  # an earlier trial, or -1 for the recipe that the search started from
    cause: str = ""  # of a failure
    trial: str = ""  # key of the folder with its weights, while they are kept


def by_rank(tried: Sequence[Tried], *, higher_is_better: bool) -> list[Tried]:
    """Those with a score, best first; of equal ones the earlier first.

    >>> two = [Tried(number=i, values={}, state="complete", digest="", score=s) for i, s in enumerate((0.1, 0.3))]
    >>> [t.number for t in by_rank(two, higher_is_better=True)]
    [1, 0]
    """
    scored = [t for t in tried if t.state == "complete" and t.score is not None]
    sign = -1.0 if higher_is_better else 1.0
    return sorted(scored, key=lambda t: (sign * (t.score or 0.0), t.number))
