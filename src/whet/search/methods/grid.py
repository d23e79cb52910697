"""Grid search: every combination of a few values per dimension, each once.

Helps: one or two dimensions, and a picture of how they interact. Hurts: everything else, since the count multiplies.
Differs from the textbook: combinations come in a random order, so that a grid which was stopped half-way has looked
everywhere a little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.errors import ConfigError
from whet.rng import make_numpy_generator
from whet.search.method import Setup, methods
from whet.search.tried import Proposal, Tried

__all__ = ["MOST", "GridSearch"]

MOST = 10_000  # combinations beyond which no machine gets through


@dataclass(frozen=True, kw_only=True)
class GridSearch:
    """Ranges give ``points`` values from end to end."""

    title: str = "grid search"
    fidelities: tuple[float, ...] = (1.0,)

    def propose(self, setup: Setup, history: Sequence[Tried]) -> Proposal | None:
        """See ``Method``."""
        count = _count(setup)
        if len(history) >= count:
            return None
        combinations = list(setup.space.combinations())
        order = make_numpy_generator(setup.seed, "grid").permutation(count)
        return Proposal(values=combinations[order[len(history)]])

    def full_trainings(self, setup: Setup) -> float | None:
        """See ``Method``."""
        return _count(setup)

    def num_trials_for(self, full_trainings: float) -> int | None:
        """See ``Method``."""
        return None


def _count(setup: Setup) -> int:
    count = setup.space.num_combinations()
    if count > MOST:
        raise ConfigError(
            f"this grid has {count:,} combinations; more than {MOST:,} are refused. Give ranges fewer points, search "
            "fewer fields, or use --method random or bayesian."
        )
    return count


methods.register("grid")(GridSearch())
