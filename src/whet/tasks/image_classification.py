"""Which of K classes a picture shows."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

from whet.data.kinds import Modality
from whet.recipe import AugmentStep, Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts
from whet.tasks.task import Task, tasks

__all__ = ["ImageClassification"]

SIZES = ((32, 64, 128), (64, 128, 256))  # filters of the three blocks; the second costs 2.5 times the first
WIDE = 14.0  # epochs of the small network from which the wide one does better in the same time


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
        side = max(facts.image_size[:2])
        augment = [AugmentStep(name="translate", settings={"pixels": max(1, side // 16)})]
        if facts.flip_is_safe:
            augment.append(AugmentStep(name="flip"))
        if side >= 48:  # photographs: small rotations and changes of scale keep what they show
            augment.append(AugmentStep(name="affine"))
        return Recipe(
            architecture="convnet",
            settings={"widths": list(SIZES[0])},
            augment=tuple(augment),
            optimiser=Optimiser(name="muon", lr=0.1, momentum=0.6, other_lr=1e-2),
            schedule=Schedule(name="linear", warmup=0.15),
            regularisation=Regularisation(weight_decay=0.02, label_smoothing=0.1),
            length=Length(epochs=40.0),
            batch_size=256 if facts.num_train >= 5_000 else 64,
            test_time_augmentation=facts.num_train
            < 5_000,  # the views of many pictures take longer than they are worth
        )

    def sized(self, recipe: Recipe, facts: Facts, *, seconds: float) -> Recipe:
        """A wider network, and views at prediction, where the small one would make so many passes that they pay."""
        if recipe.architecture != "convnet" or facts.epoch_s is None:
            return recipe
        passes = seconds / facts.epoch_s  # epochs of the smallest network
        if passes < WIDE or facts.num_train < 5_000:
            return recipe
        return replace(recipe.with_settings(widths=list(SIZES[1])), test_time_augmentation=True)


tasks.register(ImageClassification.name)(ImageClassification())
