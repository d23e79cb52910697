"""Keeps the records of steps within a bound: old ones are thinned evenly; the first and the latest stay."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import replace

from whet.watching.trace import Step

__all__ = ["Keeper"]

MOST_STEPS = 20_000
MOST_DETAILS = 60_000  # layers and parameters in all records together
FEWEST_LOOKED = 40  # records that keep their details, however many layers there are
FIRST = 10  # never thinned


class Keeper:
    """Grows by ``add``.

    >>> keeper = Keeper(most_steps=100)
    >>> for i in range(1000):
    ...     keeper.add(Step(index=i, seconds=0.0))
    >>> len(keeper.steps) <= 100, keeper.steps[0].index, keeper.steps[-1].index
    (True, 0, 999)
    """

    def __init__(self, *, most_steps: int = MOST_STEPS, most_details: int = MOST_DETAILS) -> None:
        self.steps: list[Step] = []
        self._most_steps, self._most_details = most_steps, most_details
        self._details = 0

    def add(self, step: Step) -> None:
        """Keep one more."""
        self.steps.append(step)
        if step.parameters or step.layers:
            self._details += _size(step)
        if len(self.steps) > self._most_steps:
            self._thin_steps()
        if self._details > self._most_details:
            self._thin_details()

    def fill(self, losses: Mapping[int, float]) -> None:
        """Losses that were not known when their steps were added, by index."""
        for i in range(len(self.steps) - 1, -1, -1):
            index = self.steps[i].index
            if index < min(losses):
                break
            if index in losses:
                self.steps[i] = replace(self.steps[i], loss=losses[index])

    def _thin_steps(self) -> None:
        middle = self.steps[FIRST:-1]
        half = self._most_steps // 2
        detailed = [i for i, s in enumerate(middle) if _size(s)]
        kept = _evenly([s.index for s in middle], half) | (set(detailed) if len(detailed) < half // 2 else set())
        self.steps = [*self.steps[:FIRST], *(s for i, s in enumerate(middle) if i in kept), self.steps[-1]]
        self._details = sum(map(_size, self.steps))

    def _thin_details(self) -> None:
        looked = [i for i, s in enumerate(self.steps) if i >= FIRST and _size(s)][:-1]
        if len(looked) < FEWEST_LOOKED:
            return
        kept = _evenly([self.steps[i].index for i in looked], len(looked) // 2)
        for place, i in enumerate(looked):
            if place not in kept:
                self.steps[i] = replace(self.steps[i], layers={}, parameters={}, loss_call=None)
        self._details = sum(map(_size, self.steps))


def _evenly(indices: Sequence[int], count: int) -> set[int]:
    """Positions of at most ``count`` of the sorted ``indices``, spread evenly between the first and the last.

    >>> sorted(_evenly([0, 10, 11, 12, 13, 14, 20], 3))
    [0, 1, 6]
    """
    first, step = indices[0], (indices[-1] - indices[0]) / max(1, count - 1)
    return {min(bisect.bisect_left(indices, first + k * step), len(indices) - 1) for k in range(count)}


def _size(step: Step) -> int:
    return len(step.layers) + len(step.parameters)
