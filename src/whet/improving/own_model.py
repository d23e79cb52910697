"""The recipe with which a user's own network is first trained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import encoder_for
from whet.data.kinds import Modality
from whet.models.architecture import build
from whet.recipe import Optimiser, Recipe, Regularisation, Resizing, Schedule
from whet.tasks import text_recipes
from whet.tasks.facts import Facts
from whet.tasks.target import Target
from whet.tasks.task import Task

__all__ = ["check_own", "own_recipe"]

SAMPLE = 500  # examples from which the sizes of a trial build are taken


def own_recipe(name: str, task: Task, facts: Facts) -> Recipe:
    """The task's own preprocessing, augmentation, batches and length, with AdamW at a rate that suits most networks.

    The rate is the 1e-3 of Kingma and Ba's Adam, warmed up and annealed by a cosine; remedies look for a better one.
    """
    base = text_recipes.text_cnn() if facts.modality is Modality.TEXT else task.default(facts)
    return replace(
        base,
        architecture=name,
        settings={},
        resizing=Resizing(),  # whether their network reads pictures of any size is not known
        optimiser=Optimiser(name="adamw", lr=1e-3, other_lr=1e-3),
        schedule=Schedule(name="cosine", warmup=0.05),
        regularisation=Regularisation(weight_decay=1e-2, grad_clip=1.0),
    )


def check_own(recipe: Recipe, target: Target, train: Dataset) -> None:
    """Build it once, so that a network that does not fit the data is refused before anything is trained.

    Raises:
        ConfigError: see ``models.own_network``.
    """
    rows = np.unique(np.linspace(0, len(train) - 1, min(SAMPLE, len(train))).round().astype(np.int64))
    encoder = encoder_for(train.schema.modality).fit(train.take(rows), recipe.encoding, seed=recipe.seed)
    build(recipe.architecture, encoder.spec, target.num_outputs, recipe.settings, seed=recipe.seed)
