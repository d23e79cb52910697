"""Which of K classes a picture shows."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

from whet.data.kinds import Modality
from whet.recipe import Recipe
from whet.tasks.facts import Facts
from whet.tasks.image_recipes import convnet, widths
from whet.tasks.task import Task, tasks

__all__ = ["ImageClassification"]


class ImageClassification(Task):
    """A fast convolutional network against a linear model on gradient histograms."""

    name = "image_classification"
    modality = Modality.IMAGE
    kind: ClassVar[Literal["classes", "number"]] = "classes"

    def baselines(self, facts: Facts) -> tuple[Recipe, ...]:
        """Class frequencies; then logistic regression on pixels (tiny pictures) or on HOG features."""
        linear = "pixels_linear" if max(facts.image_size[:2]) <= 16 else "hog_linear"
        return (Recipe(architecture="majority"), Recipe(architecture=linear))

    def default(self, facts: Facts) -> Recipe:
        """The convnet of airbench (arXiv 2404.00498) at a size for short trials on a CPU."""
        return convnet(facts)

    def sized(self, recipe: Recipe, facts: Facts, *, seconds: float) -> Recipe:
        """A wider network, and views at prediction, where the small one would make so many passes that they pay."""
        if recipe.architecture != "convnet" or facts.epoch_s is None or facts.num_train < 5_000:
            return recipe
        now, fitting = recipe.settings.get("widths", ()), widths(passes=seconds / facts.epoch_s)
        if sum(fitting) <= sum(now):  # never a smaller one than was asked for
            return recipe
        return replace(recipe.with_settings(widths=list(fitting)), test_time_augmentation=True)


tasks.register(ImageClassification.name)(ImageClassification())
