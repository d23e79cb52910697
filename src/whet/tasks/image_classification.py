"""Which of K classes a picture shows."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

from whet.data.kinds import Modality
from whet.tasks.facts import Facts
from whet.tasks.task import Task, tasks
from whet.training.recipe import AugmentStep, Length, Optimiser, Recipe, Regularisation, Schedule

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
        height = max(facts.image_size[:2])
        augment = [AugmentStep(name="translate", settings={"pixels": max(1, height // 16)})]
        if facts.flip_is_safe:
            augment.append(AugmentStep(name="flip"))
        return self.sized(
            Recipe(
                architecture="convnet",
                augment=tuple(augment),
                optimiser=Optimiser(name="muon", lr=0.05, momentum=0.6, other_lr=3e-3),
                schedule=Schedule(name="linear", warmup=0.15),
                regularisation=Regularisation(weight_decay=0.02, label_smoothing=0.1),
                length=Length(epochs=60.0),
                batch_size=256 if facts.num_train >= 5_000 else 64,
            ),
            facts,
            seconds=30.0,
        )

    def sized(self, recipe: Recipe, facts: Facts, *, seconds: float) -> Recipe:
        """Wider networks and a finer stem as time grows, after the measured table in benchmarks/README.md."""
        if recipe.architecture != "convnet":
            return recipe
        pixels = facts.image_size[0] * facts.image_size[1] / 1024  # in units of a 32 x 32 picture
        passes = seconds * 3000 / max(1.0, facts.num_train * pixels)  # epochs of the smallest network, roughly
        widths = [64, 256, 256] if passes >= 24 else [64, 128, 256] if passes >= 8 else [32, 64, 128]
        return replace(recipe, settings={**recipe.settings, "widths": widths})


tasks.register(ImageClassification.name)(ImageClassification())
