"""What cheap looks cost here, measured: a third of the pixels or of the width need not take a third of the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from whet.errors import ConfigError, ShapeError
from whet.improving.prepare import Prepared
from whet.recipe import Recipe
from whet.tuning.looks import Looks
from whet.tuning.pace import Pace

__all__ = ["CAUTION", "look_costs"]

CAUTION = 1.1  # on what so short a measurement says


def look_costs(
    looks: Looks,
    recipe: Recipe,
    fidelities: Sequence[float],
    *,
    pace: Pace,
    measure: Callable[[Recipe, Prepared], Pace],
) -> list[tuple[float, float]]:
    """(fidelity, cost) for those below 1: time as a share of a full training's, beyond what both need before step one.

    The cheapest is measured, which takes a moment of the budget, and the others lie on the line from it to a full
    training. Never below the fidelity itself, and 1 where a look cannot be trained: the plan is rather too careful.
    ``pace`` is that of full trainings, and ``measure`` how it was measured.
    """
    lowest = min(fidelities)
    share = CAUTION * _share(looks, recipe, lowest, pace, measure)
    fixed = min(1.0, max(0.0, (share - lowest) / (1.0 - lowest)))  # what a look pays for, however cheap it is
    return [(each, round(fixed + (1.0 - fixed) * each, 4)) for each in fidelities if each < 1.0]


def _share(
    looks: Looks, recipe: Recipe, fidelity: float, pace: Pace, measure: Callable[[Recipe, Prepared], Pace]
) -> float:
    if pace.epoch_s <= 0:  # an estimator has no epochs
        return 1.0
    look = looks.kind.look(recipe, fidelity, looks.prepared.facts)
    try:
        found = measure(look.recipe, replace(looks.prepared_for(look), train=looks.rows(look)))
    except (ConfigError, ShapeError):  # the search will say what is wrong
        return 1.0
    return found.epoch_s / pace.epoch_s
