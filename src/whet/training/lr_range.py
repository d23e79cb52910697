"""Learning-rate range test: raise the rate step by step on a throw-away network and see where the loss falls fastest.

The suggestion is the geometric mean of the rate of the steepest fall and a tenth of the rate at which the loss turns
up; both are read from a smoothed curve. It is a hint that has to win its comparison, not a setting.
Source: Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3; the smoothing and the
stopping rule are those that fastai made common. Differs: the sweep is relative to the recipe's own rate, so that an
optimiser with two rates keeps their ratio.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from whet.data.dataset import Dataset
from whet.recipe import Recipe
from whet.rng import drawing_globally, make_generator
from whet.tasks.target import Target
from whet.training.feed import Feed
from whet.training.fitted import FitSetting
from whet.training.moving import Moving
from whet.training.objective import Supervised
from whet.training.optimisers import build_optimisers
from whet.training.prepare import order_of, prepare
from whet.training.stepper import Stepper

__all__ = ["steepest", "suggest_lr"]

LOWEST, HIGHEST = 0.01, 100.0  # of the recipe's own rate
STEPS = 100
SMOOTHING = 0.9  # weight of the past in the moving mean of the losses
BLOWN_UP = 4.0  # times the lowest loss: the sweep ends


def suggest_lr(
    recipe: Recipe, target: Target, train: Dataset, *, setting: FitSetting, seconds: float = 30.0
) -> float | None:
    """A peak learning rate for ``recipe``; None when the sweep could not tell within ``seconds``.

    Nothing that follows is changed by it: the network is thrown away and every draw has its own stream.
    """
    begin = time.perf_counter()
    ready = prepare(
        replace(recipe, regularisation=replace(recipe.regularisation, ema=None)), target, train, None, setting
    )
    feed = Feed(
        inputs=ready.train,
        targets=ready.targets,
        order=order_of(recipe, target, ready.codes),
        augmentations=ready.augmentations,
        device=ready.device,
    )
    moving = Moving(model=ready.model.train(), optimisers=build_optimisers(ready.model, recipe.optimiser))
    objective = Supervised(target=target, label_smoothing=recipe.regularisation.label_smoothing)
    stepper = Stepper(moving=moving, objective=objective)
    generator = make_generator(recipe.seed, "range test")
    rates, losses = np.geomspace(LOWEST, HIGHEST, STEPS), []
    with drawing_globally(recipe.seed, "range test"):
        for step, rate in enumerate(rates):
            batch, targets = feed(step)
            loss, _ = stepper(batch, targets, step=step, rate=float(rate), generator=generator, measure=False)
            losses.append(float(loss))
            if not np.isfinite(losses[-1]) or losses[-1] > BLOWN_UP * min(losses):
                break
            if time.perf_counter() - begin > seconds:
                return None
    factor = steepest(rates[: len(losses)], np.array(losses))
    return None if factor is None else float(recipe.optimiser.lr * factor)


def steepest(rates: np.ndarray, losses: np.ndarray) -> float | None:
    """The suggested rate from (S,) ascending rates and the (S,) losses met at them; None when the loss never fell.

    >>> rates = np.geomspace(0.01, 100, 100)
    >>> steepest(rates, np.full(100, 2.0)) is None
    True
    """
    finite = np.isfinite(losses)
    rates, losses = rates[finite], losses[finite]
    if len(losses) < STEPS // 4:
        return None
    smooth, mean = np.empty(len(losses)), 0.0
    for i, loss in enumerate(losses):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        smooth[i] = mean / (1 - SMOOTHING ** (i + 1))
    lowest = int(smooth.argmin())
    if lowest < 10 or smooth[lowest] > 0.95 * smooth[:5].mean():
        return None
    fall = np.gradient(smooth[: lowest + 1], np.log(rates[: lowest + 1]))
    return float(np.sqrt(rates[int(fall.argmin())] * rates[lowest] / 10))
