"""From cells of one column that a check has marked to the finding about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import MOST_EXAMPLES, MOST_ROWS
from whet.finding import Edit, Example, Finding

__all__ = ["flag_cells", "set_cells", "written_at"]


def flag_cells(
    inspection: Inspection,
    positions: np.ndarray,
    *,
    symptom: str,
    title: str,
    column: str,
    severity: float,
    statement: str,
    evidence: Mapping[str, Any],
    advice: str = "",
    remedy: str = "",
    confidence: float | None = None,
    total: int | None = None,
    what: Callable[[int], str] | None = None,
    edits: tuple[Edit, ...] = (),
    mend: Mapping[str, Any] | None = None,
) -> Finding:
    """A finding about ``column`` at ``positions`` (K,) of the training examples, the surest first.

    Args:
        total: examples looked at; None: all of them.
        what: a remark on the example at a position; None shows the value as written.
    """
    say = what or (lambda position: written_at(inspection, column, position))
    rows = inspection.data.rows[positions[:MOST_ROWS]].tolist()
    first = positions[:MOST_EXAMPLES]
    places = inspection.train.where(first)
    return Finding(
        symptom=symptom,
        severity=severity,
        statement=statement,
        evidence=evidence,
        mend=mend or {},
        advice=advice,
        title=title,
        column=column,
        count=len(positions),
        total=len(inspection.data) if total is None else total,
        confidence=confidence,
        rows=tuple(rows),
        examples=tuple(
            Example(where=where, what=say(position), row=row)
            for where, position, row in zip(places, first.tolist(), rows, strict=False)
        ),
        cost_unknown="not measured: it would take another training",
        remedy=remedy,
        edits=edits,
    )


def written_at(inspection: Inspection, column: str, position: int) -> str:
    """One value as the source gave it, shortened: "age: '-1'"."""
    value = inspection.train.raw.table.column(column)[int(inspection.train.positions[position])].as_py()
    shown = repr(value)
    return f"{column}: {shown if len(shown) <= 120 else shown[:117] + '...'}"


def set_cells(
    inspection: Inspection, column: str, positions: np.ndarray, *values: str | None, certain: bool = False
) -> tuple[Edit, ...]:
    """The edit that writes ``values`` (one for all, or one per position; None empties the cell)."""
    rows = tuple(inspection.data.rows[positions].tolist())
    return (Edit(action="set_values", rows=rows, column=column, values=values, certain=certain),)
