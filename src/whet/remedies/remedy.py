"""The contract of a remedy: a named change of the recipe. It starts no training and writes no file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from whet.recipe import Recipe
from whet.registry import Registry
from whet.tasks.facts import Facts

__all__ = ["Remedy", "remedies"]


class Remedy(Protocol):
    """One file each. The planner ranks remedies by expected gain per second, raised where ``treats`` was found."""

    @property
    def title(self) -> str:
        """For people: "label smoothing"."""
        ...

    @property
    def treats(self) -> frozenset[str]:
        """Names of symptoms."""
        ...

    @property
    def expected_gain(self) -> float:
        """Plausible gain in points of a hundred of a fraction metric, when the symptom is there."""
        ...

    @property
    def cost(self) -> float:
        """Training time relative to the incumbent's; 0 when nothing is retrained."""
        ...

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """(what changes in a few words, changed recipe) pairs; empty when it does not apply or is in force already."""
        ...


remedies: Registry[Remedy] = Registry("remedy")
