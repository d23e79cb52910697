"""The ledger as the loop uses it: a row is registered, run and decided, or read back when a resumed run meets it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from whet.errors import TrainingFailedError
from whet.improving.deadline import OutOfTime
from whet.ledger.entry import Decision, Plan, Verdict
from whet.ledger.records import Ledger

__all__ = ["Book"]

KEY = ("stage", "remedy", "change", "recipe", "incumbent")


class Book:
    """Registers before running; a row that was decided before a kill is not run again."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._known: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row in ledger.rows():
            self._known.setdefault(_key(row), []).append(row)

    def register(self, plans: Sequence[Plan]) -> list[bool]:
        """Register rows that are about to be run side by side, in this order; ``row`` decides each.

        False for those that a resumed run finds decided.
        """
        counts: Counter[tuple[str, ...]] = Counter()
        is_open: list[bool] = []
        for plan in plans:
            key = _key(vars(plan))
            counts[key] += 1
            if len(self._known.get(key, [])) < counts[key]:  # else a resumed run knows it already
                row = {"id": self.ledger.register(plan), "verdict": None}
                self._known.setdefault(key, []).append(row)
            is_open.append(self._known[key][counts[key] - 1]["verdict"] is None)
        return is_open

    def row(self, plan: Plan, run: Callable[[], Decision]) -> Decision:
        """Register ``plan``, run it, write down what came out. A failure of the training is a row like any other."""
        earlier = self._known.get(_key(plan.__dict__), [])
        if earlier:
            former = earlier.pop(0)
            if former["verdict"] is not None:
                return _decision(former)
            plan_id = int(former["id"])
        else:
            plan_id = self.ledger.register(plan)
        begin = time.monotonic()
        try:
            decision = run()
        except OutOfTime:
            reason = "stopped in the middle: the time for trying was over"
            self.ledger.decide(plan_id, Decision(verdict=Verdict.FAILED, reason=reason, cause="out of time"))
            raise
        except TrainingFailedError as fault:
            decision = Decision(verdict=Verdict.FAILED, reason=str(fault), cause=fault.cause)
        if not decision.seconds:
            decision = replace(decision, seconds=time.monotonic() - begin)
        self.ledger.decide(plan_id, decision)
        return decision


def _key(row: Any) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in KEY)


def _decision(row: dict[str, Any]) -> Decision:
    names = {f.name for f in fields(Decision)}
    values = {name: row[name] for name in names if row.get(name) is not None}
    return Decision(**{**values, "verdict": Verdict(row["verdict"])})
