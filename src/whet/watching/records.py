"""Turns what was noted of each step into records, many at a time: a step then costs a tuple, not the making of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from whet.watching.keeping import Keeper
from whet.watching.trace import Step

__all__ = ["FIELDS", "Records"]

FIELDS = tuple(field.name for field in fields(Step))  # in this order a step is noted
PENDING = 64  # steps noted that are not records yet


class Records:
    """Keeps steps within a bound (``keeping``), and the rate at the start of every pass over the data.

    Args:
        length: batches of the training loader, where known.
    """

    def __init__(self, *, length: int | None) -> None:
        self._length = length
        self._keeper = Keeper()
        self._pending: list[tuple[tuple[Any, ...], bool]] = []
        self._batches = 0
        self._epoch_rates: list[float] = []

    def note(self, values: tuple[Any, ...], *, is_first: bool) -> None:
        """One step, by ``FIELDS``. ``is_first``: of its window; optimisers that step together share its batches."""
        self._pending.append((values, is_first))
        if len(self._pending) >= PENDING:
            self._make()

    def fill(self, losses: Mapping[int, float]) -> None:
        """Losses that were not known when their steps were noted, by index."""
        self._make()
        self._keeper.fill(losses)

    def steps(self) -> tuple[Step, ...]:
        """All that are kept."""
        self._make()
        return tuple(self._keeper.steps)

    def epoch_rates(self) -> tuple[float, ...]:
        """The first group's rate at the start of every pass over the loader."""
        self._make()
        return tuple(self._epoch_rates)

    def per_epoch(self, count: int) -> float | None:
        """Of ``count`` steps, those in one pass over the loader."""
        self._make()
        return self._length * count / self._batches if self._length and self._batches else None

    def _make(self) -> None:
        pending, self._pending = self._pending, []
        for values, is_first in pending:
            step = object.__new__(Step)
            step.__dict__.update(zip(FIELDS, values))  # all at once: a tenth of the time of one by one
            self._keeper.add(step)
            if is_first and self._length and step.num_backward:
                self._count(self._length, step)

    def _count(self, length: int, step: Step) -> None:
        if self._batches // length != (self._batches - 1) // length and step.rates:
            self._epoch_rates.append(step.rates[0])
        self._batches += step.num_backward
