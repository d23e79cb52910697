"""How fast a network trains here and how much memory that takes, from a few steps that are thrown away."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from whet.comparing.memory import peak_memory
from whet.errors import WhetError
from whet.improving.prepare import Prepared
from whet.recipe import Length, Recipe
from whet.rng import drawing_globally, make_generator, make_numpy_generator
from whet.training.assemble import assemble
from whet.training.clock import TrainingClock
from whet.training.fitted import FitSetting
from whet.training.loop import Loop
from whet.training.prepare import prepare
from whet.training.threads import using_threads

__all__ = ["Pace", "pace_of"]

SAMPLE = 2_000  # examples that encoder and steps see
MOST_STEPS = 8
PLAIN_EPOCHS = 20.0  # where a recipe is not counted in epochs


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Of one network on this machine and these data, on one thread in float32: what any machine can do."""

    step_s: float  # median
    num_steps: int  # that were timed
    epoch_s: float  # step_s times the steps of an epoch of the whole training part
    epochs: float  # of its recipe
    num_parameters: int
    memory_mb: float | None  # rise at the peak of those steps
    receptive_field: int | None

    @property
    def training_s(self) -> float:
        """All epochs of the recipe, without encoding and evaluation."""
        return self.epochs * self.epoch_s

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**self.__dict__, "training_s": self.training_s}


def pace_of(recipe: Recipe, prepared: Prepared, *, seconds: float, seed: int = 0) -> Pace | None:
    """Time at most ``MOST_STEPS`` steps, as many as fit into ``seconds``, at least two; None when it cannot be built.

    The encoder sees ``SAMPLE`` examples, so a vocabulary may be smaller than in a real training, and a step faster.
    """
    chosen = make_numpy_generator(seed, "pace").permutation(prepared.train)[:SAMPLE]
    short = replace(recipe, length=Length(seconds=None, epochs=1.0), seed=seed)
    setting = FitSetting(metric=prepared.metric.name, num_threads=1)
    try:
        with peak_memory() as memory, using_threads(1):
            ready = prepare(short, prepared.target, prepared.data.take(np.sort(chosen)), None, setting)
            clock = TrainingClock(short.length)
            loop = assemble(short, ready, None, clock=clock, setting=setting, checkpoint=None)
            times = _timed(loop, seconds=seconds, seed=seed)
    except (WhetError, RuntimeError, ValueError, MemoryError):
        return None
    step_s = float(np.median(times))
    return Pace(
        step_s=step_s,
        num_steps=len(times),
        epoch_s=step_s * math.ceil(len(prepared.train) / recipe.batch_size),
        epochs=recipe.length.epochs or PLAIN_EPOCHS,
        num_parameters=sum(p.numel() for p in ready.model.parameters()),
        memory_mb=memory.rise_mb,
        receptive_field=ready.model.receptive_field(),
    )


def _timed(loop: Loop, *, seconds: float, seed: int) -> list[float]:
    """Seconds of each step after the first, which loads kernels; a step includes its batch and its augmentation."""
    times: list[float] = []
    begin = time.perf_counter()
    with drawing_globally(seed, "pace"):
        loop.stepper.moving.model.train()
        for step in range(MOST_STEPS + 1):
            start = time.perf_counter()
            batch, targets = loop.feed(step)
            generator = make_generator(seed, "pace", str(step))
            loop.stepper(batch, targets, step=step, rate=0.0, generator=generator, measure=False)
            times.append(time.perf_counter() - start)
            if step >= 1 and time.perf_counter() - begin + times[-1] > seconds:
                break
    return times[1:]
