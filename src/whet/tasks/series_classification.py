"""Which of K classes a recorded series belongs to."""

from __future__ import annotations

from typing import ClassVar, Literal

from whet.data.kinds import Modality
from whet.recipe import Recipe
from whet.tasks.facts import Facts
from whet.tasks.series_recipes import inception_time
from whet.tasks.task import Task, tasks

__all__ = ["SeriesClassification"]


class SeriesClassification(Task):
    """An InceptionTime-like convnet against MiniRocket + ridge regression."""

    name = "series_classification"
    modality = Modality.SERIES
    kind: ClassVar[Literal["classes", "number"]] = "classes"

    def baselines(self, facts: Facts) -> tuple[Recipe, ...]:
        """Class frequencies; MiniRocket features + ridge."""
        return (Recipe(architecture="majority"), Recipe(architecture="minirocket_ridge"))

    def members(self, facts: Facts) -> tuple[Recipe, ...]:
        """MiniRocket on first differences, Hydra features, and MiniRocket with other random draws; each + ridge."""
        return (
            Recipe(architecture="minirocket_ridge", settings={"difference": True}),
            Recipe(architecture="hydra_ridge"),
            Recipe(architecture="minirocket_ridge", seed=1),
        )

    def default(self, facts: Facts) -> Recipe:
        """InceptionTime (Fawaz et al., 2020), one network."""
        return inception_time(facts)


tasks.register(SeriesClassification.name)(SeriesClassification())
