"""Longer training.

Helps: validation that is still improving when training ends. Hurts: noisy labels, over-fitting networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts
from whet.tasks.task import task_for_facts

__all__ = ["LongerTraining"]


@dataclass(frozen=True, kw_only=True)
class LongerTraining:
    """Train for the time that is left, with the network sized for it."""

    least: float = 1.5  # times what is in force, or it is not worth a row

    title: str = "longer training"
    treats: frozenset[str] = frozenset({"stopped_early", "underfitting"})
    expected_gain: float = 4.0
    cost: float = 4.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        seconds = facts.seconds_left
        now = recipe.length.seconds
        if seconds is None or now is None or seconds < self.least * now:
            return ()
        longer = replace(recipe, length=replace(recipe.length, seconds=seconds))
        longer = task_for_facts(facts).sized(longer, facts, seconds=seconds)
        return ((f"training {now:.0f} s -> {seconds:.0f} s", longer),)


remedies.register("longer_training")(LongerTraining())
