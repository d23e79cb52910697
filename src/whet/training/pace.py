"""Chooses how the steps of one training are run: as before, as measured before, as measured now, or by a fixed rule.

Measuring is for trainings that are limited by seconds. Where only epochs limit a training, its outcome must not depend
on a stopwatch, so a fixed rule decides: float32, channels_last, and one thread unless the setting names a number.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from torch import Tensor

from whet.data.inputs import Batch
from whet.recipe import Recipe
from whet.rng import drawing_globally, make_generator
from whet.training.clock import TrainingClock
from whet.training.feed import Feed, placed
from whet.training.fitted import FitSetting
from whet.training.moving import Moving
from whet.training.objective import Objective
from whet.training.optimisers import build_optimisers
from whet.training.prepare import Prepared
from whet.training.speed import Speed, calibrate
from whet.training.speed_cache import read_speed, speed_key, write_speed
from whet.training.stepper import Stepper
from whet.training.threads import available_cores, threads_are_free

__all__ = ["choose_speed", "throw_away_steps"]

MOST_S, SHARE = 12.0, 0.10  # what measuring may cost: seconds, and of the training's seconds; it is done once a network
MOST_PICTURES = 64  # a step on so many ranks the settings as a full one does, in a fraction of the time
LEAST_S = 0.1  # with less than this there is nothing to be learnt


def choose_speed(
    recipe: Recipe, ready: Prepared, objective: Objective, feed: Feed, clock: TrainingClock, setting: FitSetting
) -> Speed:
    """How this training's steps are run."""
    precision = "bfloat16" if recipe.precision == "bfloat16" else "float32"
    fixed = Speed(precision=precision, num_threads=setting.num_threads or 1)
    seconds = recipe.length.seconds
    if seconds is None:
        return fixed
    key = speed_key(recipe, feed.inputs.batch(feed.order.batch(0)), ready.device, setting.num_threads)
    known = read_speed(setting.speed_cache, key)
    budget_s = min(MOST_S, SHARE * seconds)
    if budget_s < LEAST_S or (known is not None and not _is_worth_more(known, budget_s)):
        return known or fixed
    stepping = throw_away_steps(recipe, ready, objective, feed, most_pictures=MOST_PICTURES)
    with drawing_globally(recipe.seed, "calibration"):
        changes = _changes(recipe, ready, feed, setting)
        speed = calibrate(fixed, changes, stepping, budget_s=budget_s, now=clock.now)
    write_speed(setting.speed_cache, key, speed)
    return speed


def _is_worth_more(known: Speed, budget_s: float) -> bool:
    """Was it measured in a short training, which left settings untried, and is there far more time now."""
    return known.cut_at_s is not None and budget_s >= 2 * known.cut_at_s


def _changes(recipe: Recipe, ready: Prepared, feed: Feed, setting: FitSetting) -> list[dict[str, Any]]:
    """Switches that may be tried, the most promising first."""
    changes: list[dict[str, Any]] = []
    # Numbers stay in float32: bfloat16 keeps 8 bits of an output, which costs nothing before a softmax but much here.
    if recipe.precision == "auto" and ready.target.kind == "classes":
        changes.append({"precision": "bfloat16"})
    cores = available_cores() if ready.device.type == "cpu" and setting.num_threads is None else 1
    if cores > 1 and threads_are_free(cores):
        changes.append({"num_threads": cores})
    if any(part.ndim == 4 for part in feed.inputs.batch(feed.order.batch(0)).values()):
        changes.append({"channels_last": False})
    return changes


def _fewer(batch: Batch, targets: Tensor, most: int | None) -> tuple[Batch, Tensor]:
    """The first ``most`` pictures of a batch; other kinds of input are cheap and stay as they are."""
    if most is None or all(part.ndim != 4 for part in batch.values()):
        return batch, targets
    return {name: part[:most] for name, part in batch.items()}, targets[:most]


def throw_away_steps(
    recipe: Recipe, ready: Prepared, objective: Objective, feed: Feed, *, most_pictures: int | None
) -> Callable[[Speed], Callable[[int], None]]:
    """Steps like those of the training, on a copy of the network: ``throw_away_steps(...)(speed)(number)``.

    ``most_pictures`` of a batch are taken; None takes the whole batch.
    """
    batches = [_fewer(*feed(step), most_pictures) for step in range(2)]
    generator = make_generator(recipe.seed, "calibration")

    def stepping(speed: Speed) -> Callable[[int], None]:
        model = copy.deepcopy(ready.model).train()
        moving = Moving(model=model, optimisers=build_optimisers(model, recipe.optimiser))
        stepper = Stepper(moving=moving, objective=objective, precision=speed.precision)
        laid_out = [(placed(b, ready.device, channels_last=speed.channels_last), t) for b, t in batches]

        def step(number: int) -> None:
            batch, targets = laid_out[number % len(laid_out)]
            stepper(batch, targets, step=number, rate=0.0, generator=generator, measure=False)

        return step

    return stepping
