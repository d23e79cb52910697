"""Score against latency and size: what could have been handed over, for the report and for whoever must choose."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from whet.improving.candidate import Candidate, is_same, measured, one_part
from whet.improving.handover import Handover, alone
from whet.improving.session import Session

__all__ = ["MOST_S", "front_rows", "looked_at"]

SHARE, MOST_S = 0.015, 4.0  # of the budget, and seconds, that measuring may take
MOST = 8  # candidates that are measured


def looked_at(session: Session, handover: Handover, known: Sequence[Candidate]) -> list[Candidate]:
    """What is handed over, ``known`` ones, and the best single trials as far as the time for it goes."""
    budget = session.clock.budget_s
    end = time.monotonic() + (MOST_S if budget is None else min(MOST_S, SHARE * budget))
    found = list(known)
    for number, each in enumerate(_worth_a_look(session, handover)):  # what is handed over comes first, and always
        if number and (len(found) >= MOST or time.monotonic() >= end):
            break
        if not any(is_same(c.handover, each) for c in found):
            found.append(measured(session, each))
    return found


def front_rows(candidates: Sequence[Candidate], chosen: Handover, *, higher_is_better: bool) -> list[dict[str, Any]]:
    """Plain values for the report; ``on_front``: nothing else is at least as good in score, latency and size."""
    sign = 1.0 if higher_is_better else -1.0
    figures = [(-sign * c.score, c.costs.latency_ms[1], float(c.costs.size_bytes)) for c in candidates]
    return [
        {
            "name": c.name,
            "score": c.score,
            "latency_ms": {str(batch): value for batch, value in c.costs.latency_ms.items()},
            "size_bytes": c.costs.size_bytes,
            "fits": c.fits,
            "chosen": is_same(c.handover, chosen),
            "on_front": not any(_beats(other, own) for other in figures),
        }
        for c, own in zip(candidates, figures, strict=True)
    ]


def _worth_a_look(session: Session, handover: Handover) -> Iterator[Handover]:
    """The best trial of each recipe, the best first; of a cross-validated one also a single part."""
    yield handover
    sign = 1.0 if session.prepared.metric.higher_is_better else -1.0
    titles: set[str] = set()
    for trial in sorted(session.pool, key=lambda t: -sign * t.score):
        if trial.title in titles or trial.recipe.architecture == "majority":
            continue
        titles.add(trial.title)
        yield alone(trial)
        if session.arena.num_parts > 1:
            yield one_part(alone(trial))


def _beats(other: tuple[float, ...], own: tuple[float, ...]) -> bool:
    """Is ``other`` nowhere worse and somewhere better; smaller is better."""
    return all(a <= b for a, b in zip(other, own, strict=True)) and other != own
