"""Successive halving: many short trainings, and only the best third goes on to three times the length.

Helps: settings whose effect shows early, such as rates and widths. Hurts: settings that pay late, such as strong
regularisation or long schedules; the report gives the rank correlation of short and full trainings.
Source: see ``search.rungs``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.errors import ConfigError
from whet.search.method import Setup, methods
from whet.search.rungs import Bracket, num_rungs
from whet.search.tried import Proposal, Tried

__all__ = ["SuccessiveHalving"]


@dataclass(frozen=True, kw_only=True)
class SuccessiveHalving:
    """One bracket of as many configurations as the time allows."""

    eta: int = 3  # one of so many is promoted
    rungs: int = 2  # promotions up to a full training, at most

    title: str = "successive halving"

    @property
    def fidelities(self) -> tuple[float, ...]:
        """See ``Method``."""
        return tuple(float(self.eta ** (rung - self.rungs)) for rung in range(self.rungs + 1))

    def propose(self, setup: Setup, history: Sequence[Tried]) -> Proposal | None:
        """See ``Method``."""
        return self._bracket(setup).propose(setup, history, ())

    def full_trainings(self, setup: Setup) -> float | None:
        """See ``Method``."""
        return self._bracket(setup).cost()

    def num_trials_for(self, full_trainings: float) -> int | None:
        """See ``Method``."""
        sizes = range(1, 2 + int(full_trainings * self.eta**self.rungs))
        return max((n for n in sizes if self._of(n).cost() <= full_trainings), default=1)

    def _bracket(self, setup: Setup) -> Bracket:
        if setup.num_trials is None:
            raise ConfigError("successive halving needs a number of trials, or a budget that gives it. Pass --trials.")
        return self._of(setup.num_trials)

    def _of(self, size: int) -> Bracket:
        return Bracket(number=0, size=size, top=num_rungs(size, eta=self.eta, most=self.rungs), eta=self.eta)


methods.register("halving")(SuccessiveHalving())
