"""Shorter trainings: fewer epochs on everything.

Helps: settings whose effect shows early, such as rates. Hurts: settings that pay late, such as strong regularisation.
Source: Li et al., "Hyperband", JMLR 2018. Differs: a longer training begins anew, with the schedule of its length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.search.fidelity import Look, fidelities
from whet.tasks.facts import Facts

__all__ = ["ShorterTraining", "shortened"]


@dataclass(frozen=True, kw_only=True)
class ShorterTraining:
    """A share of the epochs."""

    title: str = "shorter trainings"
    share_of: str = "length"

    def check(self, recipe: Recipe, facts: Facts) -> None:
        """Everything that is trained can be trained for less long."""

    def look(self, recipe: Recipe, fidelity: float, facts: Facts) -> Look:
        """See ``LowFidelity``; seconds stay as they are."""
        short = shortened(recipe, fidelity).length
        return Look(recipe=replace(recipe, length=replace(short, seconds=recipe.length.seconds)))


def shortened(recipe: Recipe, fidelity: float) -> Recipe:
    """The recipe with ``fidelity`` of its epochs and of its seconds; with 1 the recipe itself.

    >>> shortened(Recipe(architecture="mlp"), 0.5).length.epochs
    10.0
    """
    if fidelity == 1.0:
        return recipe
    length = recipe.length
    return replace(
        recipe,
        length=replace(
            length,
            seconds=None if length.seconds is None else round(length.seconds * fidelity, 3),
            epochs=None if length.epochs is None else round(length.epochs * fidelity, 4),
        ),
    )


fidelities.register("length")(ShorterTraining())
