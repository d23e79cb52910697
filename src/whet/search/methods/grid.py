"""Grid search: every combination of a few values per dimension, each once.

Helps: one or two dimensions, and a picture of how they interact. Hurts: everything else, since the count multiplies.
Differs from the textbook: combinations come in a random order, so that a grid which was stopped half-way has looked
everywhere a little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
        order = make_numpy_generator(setup.seed, "grid").permutation(_count(setup))
        combinations = list(setup.space.combinations())
        tried = {_key(t.values) for t in history}  # by value: runs that share a study may have begun the same one twice
        left = (combinations[i] for i in order if _key(combinations[i]) not in tried)
        return next((Proposal(values=values) for values in left), None)

    def full_trainings(self, setup: Setup) -> float | None:
        """See ``Method``."""
        return _count(setup)

    def num_trials_for(self, full_trainings: float) -> int | None:
        """See ``Method``."""
        return None


def _key(values: Mapping[str, Any]) -> str:
    return repr(sorted(values.items()))


def _count(setup: Setup) -> int:
    count = setup.space.num_combinations()
    if count > MOST:
        raise ConfigError(
            f"this grid has {count:,} combinations; more than {MOST:,} are refused. Give ranges fewer points, search "
            "fewer fields, or use --method random or bayesian."
        )
    return count


methods.register("grid")(GridSearch())
