"""Learning-rate schedule.

Helps: rates that end too high (oscillation) or fall too early. Hurts: little.
Source: Smith and Topin, "Super-Convergence", 2018 (one cycle); Loshchilov and Hutter, "SGDR", ICLR 2017 (cosine).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe, Schedule
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["LearningRateSchedule"]


@dataclass(frozen=True, kw_only=True)
class LearningRateSchedule:
    """Another shape of the learning rate over the training."""

    title: str = "learning-rate schedule"
    treats: frozenset[str] = frozenset({"underfitting", "curve_oscillation"})
    expected_gain: float = 0.6
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        rising = recipe.schedule.name in ("one_cycle", "linear")
        changed = Schedule(name="cosine", warmup=0.05) if rising else Schedule(name="one_cycle", warmup=0.3)
        return ((f"{recipe.schedule.name} -> {changed.name} schedule", replace(recipe, schedule=changed)),)


remedies.register("schedule")(LearningRateSchedule())
