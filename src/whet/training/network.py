"""Trains a network: everything before the first step, the loop, and the scores after the last."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from whet.data.dataset import Dataset
from whet.evaluation.metric import metrics
from whet.models.architecture import Architecture
from whet.recipe import Recipe
from whet.tasks.target import Target
from whet.training.assemble import assemble
from whet.training.checkpoint import Checkpoint, identity
from whet.training.clock import TrainingClock
from whet.training.fitted import FitSetting, Training
from whet.training.fitted_network import FittedNetwork
from whet.training.kept_memory import kept_memory
from whet.training.loop import Loop
from whet.training.lora import merge_low_rank
from whet.training.prepare import Prepared, prepare
from whet.training.snapshots import check_cycles
from whet.training.threads import using_threads
from whet.training.validation import sample, truth

__all__ = ["finished", "fit_network"]


def fit_network(
    recipe: Recipe,
    target: Target,
    train: Dataset,
    valid: Dataset | None,
    *,
    setting: FitSetting,
    start: FittedNetwork | None = None,
    now: Callable[[], float] = time.perf_counter,
) -> Training:
    """See ``fit``; ``now`` reads the clock in seconds."""
    clock = TrainingClock(recipe.length, now=now)
    check_cycles(recipe)
    checkpoint = None if setting.checkpoint is None else Checkpoint(setting.checkpoint, identity(recipe, train, valid))
    ready = prepare(recipe, target, train, valid, setting, start=start)
    with kept_memory(setting.memory_bytes):  # from here on, because speeds are measured while a loop is assembled
        loop = assemble(recipe, ready, valid, clock=clock, setting=setting, checkpoint=checkpoint)
        notes = _notes_before(recipe, valid, loop)
        with using_threads(setting.num_threads or loop.speed.num_threads):
            loop.run()
            return finished(recipe, ready, loop, train, setting=setting, notes=notes)


def finished(
    recipe: Recipe, ready: Prepared, loop: Loop, train: Dataset, *, setting: FitSetting, notes: list[str]
) -> Training:
    """Score what the loop has trained."""
    fitted = _fitted(recipe, ready, loop)
    valid_scores = None if ready.valid is None else _all_scores(fitted, ready)
    train_score = _train_score(fitted, ready, train, loop, setting)
    return _training(loop, fitted, valid_scores, train_score, notes)


def _notes_before(recipe: Recipe, valid: Dataset | None, loop: Loop) -> list[str]:
    notes = []
    if recipe.regularisation.early_stopping is not None and valid is None:
        notes.append("early stopping was off: there were no validation examples")
    if loop.position.step:
        notes.append(f"continued from a checkpoint at step {loop.position.step}")
    elif loop.clock.is_late():
        notes.append(f"the {recipe.length.seconds:g} s were spent before the first step; only one step was taken")
    return notes


def _fitted(recipe: Recipe, ready: Prepared, loop: Loop) -> FittedNetwork:
    earlier = () if loop.snapshots is None else loop.snapshots.networks(ready.device)
    return FittedNetwork(
        encoder=ready.encoder,
        model=_ended(loop.stepper.moving.evaluated),
        target=ready.target,
        device=ready.device,
        augmentations=ready.augmentations if recipe.test_time_augmentation else (),
        earlier=tuple(_ended(network) for network in earlier),
    )


def _ended(network: Architecture) -> Architecture:
    merge_low_rank(network)
    return network.requires_grad_(False).eval()


def _all_scores(fitted: FittedNetwork, ready: Prepared) -> np.ndarray:
    assert ready.valid is not None
    return fitted.scores_of(ready.valid, fitted.augmentations)


def _train_score(fitted: FittedNetwork, ready: Prepared, train: Dataset, loop: Loop, setting: FitSetting) -> float:
    """The primary metric on training examples, without augmentation and without averaging views."""
    chosen = sample(len(train), loop.ending.train_sample())
    scores = fitted.scores_of(ready.train.take(chosen))
    return float(metrics[setting.metric].compute(truth(ready.target, train.take(chosen)), scores))


def _training(
    loop: Loop, fitted: FittedNetwork, valid_scores: np.ndarray | None, train_score: float, notes: list[str]
) -> Training:
    position = loop.position
    if position.has_retried:
        notes.append("diverged once; restarted from the last good weights at a quarter of the learning rate")
    halved = loop.stepper.accumulator.note()
    if halved is not None:
        notes.append(halved)
    *before, last = position.curve
    return Training(
        fitted=fitted,
        valid_scores=valid_scores,
        curve=(*before, replace(last, train_score=train_score)),
        seconds=loop.clock.elapsed(),
        steps=position.step,
        epochs=position.step / loop.feed.order.steps_per_epoch,
        num_parameters=sum(p.numel() for network in fitted.networks for p in network.parameters()),
        train_score=train_score,
        speed=loop.speed.to_dict(),
        retried=position.has_retried,
        notes=tuple(notes),
    )
