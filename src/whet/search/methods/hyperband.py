"""Hyperband: brackets of successive halving, from many short trainings to few long ones, in turn.

Helps: when nobody knows whether short trainings say anything about long ones. Hurts: when they do; ``halving`` is
faster then.
Source: Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization", JMLR 2018.
    Differs: longer trainings begin anew; brackets repeat while there is time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from whet.search.method import Setup, methods
from whet.search.rungs import Bracket
from whet.search.tried import Proposal, Tried

__all__ = ["Hyperband"]


@dataclass(frozen=True, kw_only=True)
class Hyperband:
    """Brackets start at the lowest fidelity and end with plain random search."""

    eta: int = 3
    rungs: int = 2  # promotions in the longest bracket

    title: str = "Hyperband"

    @property
    def fidelities(self) -> tuple[float, ...]:
        """See ``Method``."""
        return tuple(float(self.eta ** (rung - self.rungs)) for rung in range(self.rungs + 1))

    def propose(self, setup: Setup, history: Sequence[Tried]) -> Proposal | None:
        """See ``Method``; ``num_trials`` counts the configurations that were started.

        While a rung of one bracket waits for its last trials, the next bracket begins.
        """
        for number in range(len(history) + 1):
            started = sum(self._bracket(i).size for i in range(number))
            room = math.inf if setup.num_trials is None else setup.num_trials - started
            if room < 1:
                return None
            bracket = self._bracket(number, most=room)
            mine = [t for t in history if t.note.get("bracket") == number]
            proposal = bracket.propose(setup, mine, [t for t in history if t.note.get("bracket") != number])
            if proposal is not None:
                return proposal
            if not mine:  # nothing new can be drawn
                return None
        return None

    def full_trainings(self, setup: Setup) -> float | None:
        """See ``Method``."""
        if setup.num_trials is None:
            return None
        cost, started, number = 0.0, 0, 0
        while started < setup.num_trials:
            bracket = self._bracket(number, most=setup.num_trials - started)
            cost, started, number = cost + bracket.cost(), started + bracket.size, number + 1
        return cost

    def num_trials_for(self, full_trainings: float) -> int | None:
        """See ``Method``."""
        return None

    def _bracket(self, number: int, *, most: float = math.inf) -> Bracket:
        top = self.rungs - number % (self.rungs + 1)
        size = math.ceil((self.rungs + 1) / (top + 1) * self.eta**top)
        return Bracket(number=number, size=int(min(size, most)), top=top, eta=self.eta)


methods.register("hyperband")(Hyperband())
