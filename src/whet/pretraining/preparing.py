"""Everything that comes before the first step: objectives, recipe, encoder, network and the held-out examples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import encoder_for
from whet.data.inputs import Inputs
from whet.models.architecture import Architecture, build
from whet.pretraining.asking import held_out
from whet.pretraining.choosing import (
    choose_objectives,
    choose_recipe,
    fit_target,
    pretraining_settings,
    task_names,
)
from whet.pretraining.network import PretrainingNetwork
from whet.pretraining.plan import Plan
from whet.pretraining.pretext import Given, pretexts
from whet.pretraining.training import Lesson
from whet.recipe import Recipe
from whet.rng import drawing_globally, make_numpy_generator
from whet.tasks.target import Target
from whet.training.fitted_network import build_augmentations
from whet.training.prepare import FIRST_LOOK

__all__ = ["Chosen", "choose", "prepare"]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What the plan and the examples come to."""

    target: Target | None
    objectives: tuple[str, ...]
    recipe: Recipe

    @property
    def objective(self) -> str:
        """As one word."""
        return "+".join(self.objectives)


def choose(examples: Dataset, plan: Plan) -> Chosen:
    """Objectives, target and recipe."""
    objectives = choose_objectives(plan.objective, examples)
    target = fit_target(examples) if "supervised" in objectives else None
    recipe = choose_recipe(
        examples, target, objectives, architecture=plan.architecture, length=plan.length, seed=plan.seed
    )
    recipe = replace(recipe.with_settings(**plan.settings), encoding={**recipe.encoding, **plan.encoding})
    return Chosen(target=target, objectives=objectives, recipe=recipe)


def prepare(examples: Dataset, chosen: Chosen, scratch: Path) -> tuple[PretrainingNetwork, Lesson]:
    """The encoder learns from all examples, without their labels; the network starts from the recipe's seed."""
    recipe, target, modality = chosen.recipe, chosen.target, examples.schema.modality
    encoder = encoder_for(modality).fit(replace(examples, target=None), recipe.encoding, seed=recipe.seed)
    settings = pretraining_settings(recipe, chosen.objectives)
    num_outputs = 1 if target is None else target.num_outputs
    body = build(recipe.architecture, encoder.spec, num_outputs, settings, seed=recipe.seed)
    inputs = encoder.encode(examples, scratch=scratch).only(body.parts)
    learning, asked = held_out(len(examples), seed=recipe.seed)
    _initialise(body, inputs.take(learning), recipe.seed)
    given = Given(spec=encoder.spec, target=target, label_smoothing=recipe.regularisation.label_smoothing)
    tasks = {name: pretexts[name](given) for name in task_names(chosen.objectives, modality)}
    network = PretrainingNetwork(body, tasks, seed=recipe.seed)
    codes = _codes(examples, target)
    lesson = Lesson(
        encoder=encoder,
        train=inputs.take(learning),
        train_targets=codes[torch.from_numpy(learning)],
        held=inputs.take(asked),
        held_targets=codes[torch.from_numpy(asked)],
        augmentations=build_augmentations(recipe),
    )
    return network, lesson


def _initialise(body: Architecture, inputs: Inputs, seed: int) -> None:
    chosen = make_numpy_generator(seed, "initialise").permutation(len(inputs))[:FIRST_LOOK]
    with drawing_globally(seed, "initialise"), torch.no_grad():
        body.initialise(inputs.batch(np.sort(chosen)))


def _codes(examples: Dataset, target: Target | None) -> Tensor:
    if target is None:
        return torch.zeros(len(examples), dtype=torch.int64)
    assert examples.target is not None
    return torch.from_numpy(target.encode(examples.target))
