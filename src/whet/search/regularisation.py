"""Which part of the default space a diagnosis asks for: regularisers for over-fitting, capacity for under-fitting.

Helps: a dozen trials go further in five dimensions than in twelve. Hurts: where the diagnosis is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from whet.finding import Finding
from whet.recipe import Recipe
from whet.search.default_space import (
    capacity_dimensions,
    default_space,
    regulariser_dimensions,
    training_dimensions,
)
from whet.search.dimension import Choice, Dimension, Real, Whole
from whet.search.space import Space
from whet.tasks.facts import Facts

__all__ = ["regularisation_space"]

OVER = frozenset({"overfitting", "overconfidence"})
UNDER = frozenset({"underfitting"})


def regularisation_space(findings: Sequence[Finding], recipe: Recipe, facts: Facts) -> Space:
    """The dimensions that treat what was found.

    Over-fitting: every regulariser, and the rate. Under-fitting: rate, schedule, size and length, and no regulariser.
    Both or neither: the default space.
    """
    symptoms = {f.symptom for f in findings}
    over, under = bool(symptoms & OVER), bool(symptoms & UNDER)
    if over == under:
        return default_space(recipe, facts)
    training = training_dimensions(recipe, facts)
    if over:
        return Space({"optimiser.lr": training["optimiser.lr"], **regulariser_dimensions(recipe, facts)})
    return Space({**training, **_wider(capacity_dimensions(recipe)), **_longer(recipe)})


def _wider(dimensions: dict[str, Dimension]) -> dict[str, Dimension]:
    """Without what is smaller than now: a network that does not fit its training data needs no smaller one."""
    found: dict[str, Dimension] = {}
    for name, dimension in dimensions.items():
        if isinstance(dimension, Choice):
            found[name] = replace(dimension, values=tuple(dimension.values[1:]))
        elif isinstance(dimension, Whole):
            found[name] = replace(dimension, low=dimension.low + 1)
    return found


def _longer(recipe: Recipe) -> dict[str, Dimension]:
    epochs = recipe.length.epochs
    return {} if epochs is None else {"length.epochs": Real(low=epochs, high=3 * epochs, log=True)}
