"""The contract of a search method: a function from what was tried to what to try next.

A method holds no state. The same history gives the same proposal, so that a study which was killed and resumed goes on
as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from whet.registry import Registry
from whet.rng import make_numpy_generator
from whet.search.space import Space
from whet.search.tried import Proposal, Tried

__all__ = ["Method", "Setup", "draw_fresh", "methods"]

ATTEMPTS = 200  # draws without a new combination after which a space counts as exhausted


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a method works within."""

    space: Space
    higher_is_better: bool
    seed: int
    num_trials: int | None = None  # configurations to look at; None: as long as there is time
    sampler: str = "tpe"  # of "bayesian"
    start: dict[str, Any] | None = None  # values of the recipe that the search starts from, where the space holds them
    running: frozenset[int] = frozenset()  # numbers of the trials that are being trained side by side just now


class Method(Protocol):
    """One file each."""

    @property
    def title(self) -> str:
        """For people: "random search"."""
        ...

    @property
    def fidelities(self) -> tuple[float, ...]:
        """Shares of a full training that it uses, rising to 1."""
        ...

    def propose(self, setup: Setup, history: Sequence[Tried]) -> Proposal | None:
        """What to try next; None when nothing is left to try, or nothing before one of ``setup.running`` has ended."""
        ...

    def full_trainings(self, setup: Setup) -> float | None:
        """What it costs altogether, in full trainings; None without an end of its own."""
        ...

    def num_trials_for(self, full_trainings: float) -> int | None:
        """Configurations that so much time is best spread over; None: it needs no plan."""
        ...


methods: Registry[Method] = Registry("search method")


def draw_fresh(setup: Setup, tried: Sequence[Tried]) -> dict[str, Any] | None:
    """A random combination that is not among ``tried``; None when none turns up any more."""
    known = {setup.space.key(t.values) for t in tried}
    for attempt in range(ATTEMPTS):
        values = setup.space.draw(make_numpy_generator(setup.seed, "search", str(len(tried)), str(attempt)))
        if setup.space.key(values) not in known:
            return values
    return None
