"""The contract of a cure: a named change of a training script's parts. One file each, in ``cures/``.

It returns a changed copy; it trains nothing, and never touches what the user gave. It may read the finding for where
and how much. A cure says in words exactly which line or setting a person would change.
"""

from __future__ import annotations

from typing import Protocol

from whet.diagnosis.case import Case
from whet.diagnosis.setup import Setup
from whet.finding import Finding
from whet.registry import Registry

__all__ = ["Cure", "cures"]


class Cure(Protocol):
    """Changes one thing."""

    @property
    def title(self) -> str:
        """For people, as an order: "lower the learning rate"."""
        ...

    def applies(self, case: Case) -> bool:
        """Whether there is something to change here; what a random choice of cures draws from."""
        ...

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line or setting to change, with values: "optimizer = SGD(..., lr=0.01)  # was 1.0"."""
        ...

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """A copy of ``case.setup`` with the change made, not yet trained."""
        ...


cures: Registry[Cure] = Registry("cure")
