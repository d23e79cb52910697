"""Which of K classes a row of a table belongs to."""

from __future__ import annotations

from typing import ClassVar, Literal

from whet.data.kinds import Modality
from whet.recipe import Recipe
from whet.tasks.facts import Facts
from whet.tasks.table_recipes import boosted_variants, simple, tabm
from whet.tasks.task import Task, tasks

__all__ = ["TableClassification"]


class TableClassification(Task):
    """TabM against a linear model and gradient boosting."""

    name = "table_classification"
    modality = Modality.TABLE
    kind: ClassVar[Literal["classes", "number"]] = "classes"

    def baselines(self, facts: Facts) -> tuple[Recipe, ...]:
        """Frequencies or mean, a linear model, boosted trees."""
        return simple()

    def members(self, facts: Facts) -> tuple[Recipe, ...]:
        """Boosted trees with other settings."""
        return boosted_variants()

    def default(self, facts: Facts) -> Recipe:
        """TabM."""
        return tabm(facts)


tasks.register(TableClassification.name)(TableClassification())
