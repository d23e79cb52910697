"""From examples that a check has marked to the finding about them: rows, examples for a person, and an edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from whet.auditing.media.sides import Side
from whet.finding import Edit, Example, Finding

__all__ = ["by_share", "flag"]

MOST_ROWS = 100_000
MOST_EXAMPLES = 24


def by_share(count: int, total: int, *, base: float, slope: float, cap: float = 0.65) -> float:
    """A severity that starts at ``base`` and grows by ``slope`` times the share of examples concerned, up to ``cap``.

    >>> by_share(5, 100, base=0.2, slope=2.0)
    0.3
    """
    return round(min(cap, base + slope * count / max(total, 1)), 3)


def flag(
    side: Side,
    marked: np.ndarray,
    certainty: np.ndarray,
    *,
    symptom: str,
    title: str,
    severity: float,
    statement: str,
    whats: Sequence[str],
    evidence: Mapping[str, Any],
    advice: str,
    confidence: float,
    drop: bool = True,
    certain: bool = False,
) -> Finding:
    """A finding about the examples on the lines ``marked`` (K,) of ``side``; ``whats``: one remark on each of them.

    Args:
        certainty: (K,), the largest is the surest.
        drop: leaving them out would mend it; False where something else would.
        certain: nobody would want these examples, so a cleaned copy leaves them out without asking.
    """
    order = np.argsort(-certainty, kind="stable")[:MOST_ROWS]
    rows = side.rows[marked[order]].tolist()
    first = order[:MOST_EXAMPLES]
    places = side.half.where(side.positions[marked[first]])
    examples = tuple(
        Example(where=where, what=whats[line], part=side.part, row=row)
        for where, line, row in zip(places, first.tolist(), rows, strict=False)
    )
    drop = drop and side.part == "train"
    edits = (Edit(action="drop_rows", rows=tuple(sorted(rows)), certain=certain),) if drop else ()
    return Finding(
        symptom=symptom,
        severity=severity,
        statement=statement,
        evidence=evidence,
        advice=advice,
        title=title,
        part=side.part,
        count=len(marked),
        total=len(side),
        confidence=confidence,
        rows=tuple(rows),
        examples=examples,
        cost_unknown="not measured: it would take another training",
        remedy=f"leaves the {len(marked):,} out of training" if drop else "",
        edits=edits,
    )
