"""The recipes that table tasks share."""

from __future__ import annotations

from dataclasses import replace

from whet.recipe import Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts

__all__ = ["boosted_variants", "mlp", "simple", "tabm"]


def simple() -> tuple[Recipe, ...]:
    """Frequencies or mean, a linear model, boosted trees."""
    return tuple(Recipe(architecture=name) for name in ("majority", "columns_linear", "boosted_trees"))


def boosted_variants() -> tuple[Recipe, ...]:
    """Boosted trees with other settings, so that their errors differ: shallow, deep, and bagged."""
    return (
        Recipe(architecture="boosted_trees", settings={"num_leaves": 15, "l2": 1.0}, seed=1),
        Recipe(
            architecture="boosted_trees",
            settings={"num_leaves": 63, "learning_rate": 0.04, "column_fraction": 0.3},
            seed=2,
        ),
        Recipe(architecture="boosted_trees", settings={"num_leaves": 15, "extra_trees": True}, seed=3),
    )


def tabm(facts: Facts) -> Recipe:
    """TabM (Gorishniy et al., 2024); few members and a high rate, which short trainings on a CPU need."""
    return Recipe(
        architecture="tabm",
        optimiser=Optimiser(name="adamw", lr=1e-2),
        schedule=Schedule(name="cosine", warmup=0.05),
        regularisation=Regularisation(weight_decay=3e-4, grad_clip=1.0),
        length=Length(epochs=24.0),
        batch_size=256 if facts.num_train >= 4_000 else 64,
    )


def mlp(facts: Facts) -> Recipe:
    """The plain perceptron, at the rate of a single network."""
    return replace(tabm(facts), architecture="mlp", optimiser=Optimiser(name="adamw", lr=2e-3))
