"""Puts the parts of a network's training together, fresh or as a checkpoint left them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whet.data.dataset import Dataset
from whet.errors import ConfigError
from whet.evaluation.metric import metrics
from whet.recipe import Recipe, Transfer
from whet.training.checkpoint import Checkpoint
from whet.training.clock import TrainingClock
from whet.training.contrastive import Contrastive
from whet.training.distilled import Distilled, packed
from whet.training.ema import Average
from whet.training.ending import Ending
from whet.training.evaluate import views_of
from whet.training.examiner import Examiner
from whet.training.feed import Feed
from whet.training.fitted import FitSetting
from whet.training.loop import Loop
from whet.training.monitor import Monitor
from whet.training.moving import Moving, under
from whet.training.objective import Objective, Supervised, class_weights
from whet.training.optimisers import build_optimisers
from whet.training.pace import choose_speed
from whet.training.patience import Patience
from whet.training.phases import Phases
from whet.training.position import Position
from whet.training.prepare import Prepared, order_of
from whet.training.snapshots import Snapshots, num_networks, snapshots_of
from whet.training.speed import Speed
from whet.training.stepper import Stepper
from whet.training.swa import EqualAverage, has_statistics, renewed_batches
from whet.training.validation import SAMPLE, Cadence, Validation, num_marks, sample, truth

__all__ = ["assemble"]

Saved = tuple[dict[str, Tensor], dict[str, Any]]


def assemble(
    recipe: Recipe,
    ready: Prepared,
    valid: Dataset | None,
    *,
    clock: TrainingClock,
    setting: FitSetting,
    checkpoint: Checkpoint | None,
    speed: Speed | None = None,
) -> Loop:
    """A loop at the first step, or at the step where the checkpoint stands; ``speed`` where it is known already."""
    saved = None if checkpoint is None else checkpoint.load()
    feed = _feed(recipe, ready)
    objective = _objective(recipe, ready)
    moving = _moving(recipe, ready)
    snapshots = snapshots_of(recipe, ready.model)
    if saved is not None:
        speed = Speed.from_dict(saved[1]["speed"])
    elif speed is None:
        speed = choose_speed(recipe, ready, objective, feed, clock, setting)
    feed.channels_last = speed.channels_last
    clock.begin_steps(steps_per_epoch=feed.order.steps_per_epoch)
    position = _position(recipe, valid) if saved is None else Position.from_dict(saved[1]["position"])
    validation = None if valid is None else _validation(ready, valid, setting)
    examiner = Examiner(
        moving=moving,
        monitor=Monitor(ready.device),
        position=position,
        clock=clock,
        cadence=_cadence(recipe, ready, position, validation),
        validation=validation,
        steps_per_epoch=feed.order.steps_per_epoch,
        on_point=setting.on_point,
    )
    if saved is not None:
        _continue(saved, moving=moving, examiner=examiner, clock=clock, snapshots=snapshots)
    stepper = Stepper(
        moving=moving,
        objective=objective,
        precision=speed.precision,
        l1=recipe.regularisation.l1,
        grad_clip=recipe.regularisation.grad_clip,
    )
    return Loop(
        stepper=stepper,
        feed=feed,
        clock=clock,
        schedule=recipe.schedule,
        lr=recipe.optimiser.lr,
        examiner=examiner,
        setting=setting,
        ending=_ending(recipe, ready, feed),
        steady_from=1 - recipe.regularisation.swa,
        checkpoint=checkpoint,
        speed=speed,
        phases=_phases(recipe, ready, objective),
        snapshots=snapshots,
    )


def _phases(recipe: Recipe, ready: Prepared, objective: Objective) -> Phases | None:
    """None where nothing ever changes, so that other trainings pay nothing."""
    transfer = recipe.transfer
    if replace(transfer, layer_decay=1.0, lora_rank=0) == Transfer():
        return None
    if transfer.contrastive and ready.target.kind != "classes":
        raise ConfigError("Transfer.contrastive pulls classes together, but the target is a number: set it to 0.")
    return Phases(ready.model, transfer, objective, Contrastive())


def _feed(recipe: Recipe, ready: Prepared) -> Feed:
    return Feed(
        inputs=ready.train,
        targets=ready.targets if ready.taught is None else packed(ready.targets, ready.taught),
        order=order_of(recipe, ready.target, ready.codes, ready.train, ready.weights),
        augmentations=ready.augmentations,
        device=ready.device,
        resizing=recipe.resizing,
    )


def _objective(recipe: Recipe, ready: Prepared) -> Supervised | Distilled:
    weights = None
    if recipe.balance == "class_weights":
        weights = class_weights(ready.codes, ready.target.num_outputs).to(ready.device)
    regularisation = recipe.regularisation
    labels = Supervised(
        target=ready.target,
        label_smoothing=regularisation.label_smoothing,
        mixup=regularisation.mixup,
        cutmix=regularisation.cutmix,
        class_weights=weights,
    )
    return labels if ready.taught is None else Distilled(labels=labels, distillation=recipe.distillation)


def _moving(recipe: Recipe, ready: Prepared) -> Moving:
    decay, swa = recipe.regularisation.ema, recipe.regularisation.swa
    return Moving(
        model=ready.model,
        optimisers=build_optimisers(
            ready.model,
            recipe.optimiser,
            weight_decay=recipe.regularisation.weight_decay,
            layer_decay=recipe.transfer.layer_decay,
        ),
        average=None if decay is None else Average(ready.model, decay),
        tail=EqualAverage(ready.model, begin=1 - swa) if swa else None,
    )


def _position(recipe: Recipe, valid: Dataset | None) -> Position:
    """Early stopping needs validation examples; a plateau makes do with the training loss."""
    stop = recipe.regularisation.early_stopping
    return Position(
        stopping=None if stop is None or valid is None else Patience(stop),
        plateau=Patience(recipe.schedule.patience) if recipe.schedule.name == "plateau" else None,
    )


def _cadence(recipe: Recipe, ready: Prepared, position: Position, validation: Validation | None) -> Cadence:
    length = recipe.length
    is_needed = position.stopping is not None or position.plateau is not None
    marks = num_marks(
        trained=None if length.epochs is None or length.seconds is not None else length.epochs * len(ready.codes),
        evaluated=0 if validation is None else len(validation),
        is_needed=is_needed,
    )
    return Cadence(marks=marks, is_needed=is_needed, done=position.marks_done)


def _validation(ready: Prepared, valid: Dataset, setting: FitSetting) -> Validation:
    assert ready.valid is not None
    chosen = sample(len(valid), SAMPLE)
    known = valid.take(chosen)
    assert known.target is not None
    return Validation(
        inputs=ready.valid.take(chosen),
        targets=torch.from_numpy(ready.target.encode(known.target)),
        truth=truth(ready.target, known),
        target=ready.target,
        metric=metrics[setting.metric],
        device=ready.device,
    )


def _continue(
    saved: Saved, *, moving: Moving, examiner: Examiner, clock: TrainingClock, snapshots: Snapshots | None
) -> None:
    tensors, kept = saved
    moving.load(under("moving.", tensors))
    examiner.monitor.load(under("monitor.", tensors))
    examiner.best = under("best.", tensors)
    if snapshots is not None:
        snapshots.load(under("snapshots.", tensors), kept["snapshots"])
    clock.resume(step=examiner.position.step, first_s=kept["first_s"], spent_s=kept["spent_s"])


def _ending(recipe: Recipe, ready: Prepared, feed: Feed) -> Ending:
    views = 1
    if recipe.test_time_augmentation:
        views = len(views_of(ready.train.batch(np.arange(1)), ready.augmentations))
    return Ending(
        num_valid=0 if ready.valid is None else len(ready.valid) * views,
        num_train=len(ready.train),
        num_renewed=_num_renewed(recipe, ready, feed),
        num_networks=num_networks(recipe),
        seconds=recipe.length.seconds,
    )


def _num_renewed(recipe: Recipe, ready: Prepared, feed: Feed) -> int:
    """Examples that averaged weights see once more for their batch-norm statistics."""
    if not recipe.regularisation.swa or not has_statistics(ready.model):
        return 0
    return renewed_batches(feed.order.steps_per_epoch) * feed.order.batch_size
