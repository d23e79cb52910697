"""Puts the parts of the house's training loop together around pretext tasks, and runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from whet.augment.augmentation import Augmentation
from whet.data.encoders.encoder import Encoder
from whet.data.inputs import Inputs
from whet.pretraining.answers import Measured
from whet.pretraining.asking import ask
from whet.pretraining.network import Asked, PretrainingNetwork
from whet.pretraining.statistics import num_settling, settle_statistics
from whet.recipe import Recipe
from whet.tasks.classes import ClassTarget
from whet.tasks.number import NumberTarget
from whet.training.batches import BatchOrder
from whet.training.clock import TrainingClock
from whet.training.ema import Average
from whet.training.ending import Ending
from whet.training.examiner import Examiner
from whet.training.feed import Feed
from whet.training.fitted import FitSetting
from whet.training.loop import Loop
from whet.training.monitor import Monitor
from whet.training.moving import Moving
from whet.training.optimisers import build_optimisers
from whet.training.pace import choose_speed
from whet.training.position import Position
from whet.training.prepare import Prepared
from whet.training.stepper import Stepper
from whet.training.threads import using_threads
from whet.training.validation import Cadence

__all__ = ["Learnt", "Lesson", "learn"]


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What is learnt from, encoded; the targets are zeros where there are none."""

    encoder: Encoder
    train: Inputs
    train_targets: Tensor
    held: Inputs
    held_targets: Tensor
    augmentations: tuple[Augmentation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """The outcome."""

    network: PretrainingNetwork
    before: Mapping[str, Measured]
    after: Mapping[str, Measured]
    steps: int
    epochs: float
    losses: tuple[float, ...]  # mean training loss between evaluations, in order
    speed: Mapping[str, object]


def learn(
    recipe: Recipe, network: PretrainingNetwork, lesson: Lesson, *, clock: TrainingClock, setting: FitSetting
) -> Learnt:
    """Ask, train until the clock says stop, settle the statistics, and ask again."""
    device = torch.device(setting.device)
    network = network.to(device)
    questions = {"batch_size": recipe.batch_size, "seed": recipe.seed}
    before = ask(network, lesson.held, lesson.held_targets, device=device, **questions)
    loop = _loop(recipe, network, lesson, clock=clock, setting=setting)
    with using_threads(setting.num_threads or loop.speed.num_threads):
        loop.run()
        trained = loop.stepper.moving.evaluated
        assert isinstance(trained, PretrainingNetwork)
        settle_statistics(trained.body, lesson.train, device=device, **questions)
        after = ask(trained, lesson.held, lesson.held_targets, device=device, **questions)
    return Learnt(
        network=trained,
        before=before,
        after=after,
        steps=loop.position.step,
        epochs=loop.position.step / loop.feed.order.steps_per_epoch,
        losses=tuple(point.train_loss for point in loop.position.curve),
        speed=loop.speed.to_dict(),
    )


def _loop(
    recipe: Recipe, network: PretrainingNetwork, lesson: Lesson, *, clock: TrainingClock, setting: FitSetting
) -> Loop:
    device, regularisation, objective = torch.device(setting.device), recipe.regularisation, Asked(network.tasks)
    feed = _feed(recipe, lesson, device)
    speed = choose_speed(recipe, _prepared(network, lesson, device), objective, feed, clock, setting)
    feed.channels_last = speed.channels_last
    clock.begin_steps(steps_per_epoch=feed.order.steps_per_epoch)
    moving = Moving(
        model=network,
        optimisers=build_optimisers(network, recipe.optimiser, weight_decay=regularisation.weight_decay),
        average=None if regularisation.ema is None else Average(network, regularisation.ema),
    )
    examiner = Examiner(
        moving=moving,
        monitor=Monitor(device),
        position=Position(),
        clock=clock,
        cadence=Cadence(marks=10, is_needed=False),
        validation=None,
        steps_per_epoch=feed.order.steps_per_epoch,
    )
    stepper = Stepper(
        moving=moving,
        objective=objective,
        precision=speed.precision,
        l1=regularisation.l1,
        grad_clip=regularisation.grad_clip,
    )
    # a step asks every task, and so does the measurement; settling passes through the body once
    seen_afterwards = len(lesson.held) + num_settling(network.body, lesson.train) // len(network.tasks)
    return Loop(
        stepper=stepper,
        feed=feed,
        clock=clock,
        schedule=recipe.schedule,
        lr=recipe.optimiser.lr,
        examiner=examiner,
        setting=setting,
        ending=Ending(num_valid=seen_afterwards, num_train=0, seconds=recipe.length.seconds),
        speed=speed,
    )


def _feed(recipe: Recipe, lesson: Lesson, device: torch.device) -> Feed:
    return Feed(
        inputs=lesson.train,
        targets=lesson.train_targets,
        order=BatchOrder(
            len(lesson.train), batch_size=recipe.batch_size, seed=recipe.seed, lengths=lesson.train.lengths()
        ),
        augmentations=lesson.augmentations,
        device=device,
    )


def _prepared(network: PretrainingNetwork, lesson: Lesson, device: torch.device) -> Prepared:
    """For the choice of speed, which asks the target only whether answers are classes or values."""
    asks_values = lesson.train_targets.is_floating_point() or "masked_patches" in network.tasks
    return Prepared(
        target=NumberTarget(0.0, 1.0, 0.0, 1.0) if asks_values else ClassTarget(("unlabelled",)),
        encoder=lesson.encoder,
        model=network,
        augmentations=lesson.augmentations,
        train=lesson.train,
        valid=None,
        codes=np.zeros(len(lesson.train)),
        device=device,
    )
