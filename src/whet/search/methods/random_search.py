"""Random search: independent draws.

Helps: many dimensions of which few matter; always a fair yardstick. Hurts: nothing but patience.
Source: Bergstra & Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 2012.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.search.method import Setup, draw_fresh, methods
from whet.search.tried import Proposal, Tried

__all__ = ["RandomSearch"]


@dataclass(frozen=True, kw_only=True)
class RandomSearch:
    """A combination is drawn once at most."""

    title: str = "random search"
    fidelities: tuple[float, ...] = (1.0,)

    def propose(self, setup: Setup, history: Sequence[Tried]) -> Proposal | None:
        """See ``Method``."""
        if setup.num_trials is not None and len(history) >= setup.num_trials:
            return None
        values = draw_fresh(setup, history)
        return None if values is None else Proposal(values=values)

    def full_trainings(self, setup: Setup) -> float | None:
        """See ``Method``."""
        return setup.num_trials

    def num_trials_for(self, full_trainings: float) -> int | None:
        """See ``Method``."""
        return None


methods.register("random")(RandomSearch())
