"""Where one more training on every example does not fit the time that is left, the tested network goes on instead.

It takes up its weights at a lower rate, which then falls to nothing, and sees the examples that were held back among
the others.
"""

from __future__ import annotations

from dataclasses import replace

from whet.improving.trials import Trial
from whet.recipe import Length, Recipe, Resizing, Transfer

__all__ = ["going_on"]

RATE = 0.1  # of the training's peak rate
WARMUP = 0.1  # share of the time, because the optimiser's averages begin at nothing
LEAST = 1.0  # passes over all examples; half of one brought nothing


def going_on(trial: Trial, *, seconds: float, growth: float) -> Recipe | None:
    """The recipe with which the trial's network goes on for ``seconds``; None where that would bring nothing.

    ``growth``: how many times as many examples there are now.

    Not for estimators, which have no weights to go on from, for several networks in one, for pretrained bodies, whose
    phases begin anew, for students, whose teacher has said nothing about further examples, nor where labels are
    treated, because those of further examples would have to be judged first.
    """
    recipe = trial.recipe
    is_one = bool(trial.curve) and trial.ingredients == 1 and recipe.schedule.cycles == 1
    is_plain = recipe.backbone is None and recipe.transfer == Transfer() and not recipe.distillation.weight
    if not is_one or not is_plain or recipe.treatments:
        return None
    if seconds < LEAST * growth * trial.seconds / trial.epochs:
        return None
    optimiser, schedule = recipe.optimiser, recipe.schedule
    return replace(
        recipe,
        seed=recipe.seed + 1,  # another order of the examples
        optimiser=replace(optimiser, lr=RATE * optimiser.lr, other_lr=RATE * optimiser.other_lr),
        schedule=replace(schedule, name="cosine" if schedule.name == "plateau" else schedule.name, warmup=WARMUP),
        regularisation=replace(recipe.regularisation, early_stopping=None),
        resizing=Resizing(),  # they have grown
        length=Length(seconds=round(seconds, 2), epochs=None),
    )
