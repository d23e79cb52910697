"""The recipes that series tasks share."""

from __future__ import annotations

from whet.recipe import Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts

__all__ = ["inception_time"]


def inception_time(facts: Facts) -> Recipe:
    """InceptionTime (Fawaz et al., 2020), one network."""
    return Recipe(
        architecture="inception_time",
        optimiser=Optimiser(name="adamw", lr=2e-3),
        schedule=Schedule(name="one_cycle", warmup=0.3),
        regularisation=Regularisation(weight_decay=1e-2, label_smoothing=0.05),
        length=Length(epochs=60.0 if facts.num_train < 1_000 else 30.0),
        batch_size=16 if facts.num_train < 500 else 64,
    )
