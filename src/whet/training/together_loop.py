"""The training loop for several networks at once: one step for all, then what each loop does after a step of its own.

Every network has the order of batches, augmentations, dropout and mixing of its own seed, so that it learns what it
would have learnt alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from whet.recipe import Recipe
from whet.rng import make_generator, stream_seed
from whet.training.guard import CHECK_EVERY
from whet.training.interrupted import Interrupted
from whet.training.loop import MEASURE_EVERY, Loop
from whet.training.schedules import rate
from whet.training.together_reasons import ApartError
from whet.training.together_stepper import StackStepper

__all__ = ["StackLoop"]


class StackLoop:
    """``loops``: one per network, assembled as for a training alone; they share one clock."""

    def __init__(self, recipe: Recipe, loops: Sequence[Loop], stepper: StackStepper) -> None:
        self.recipe, self.loops, self.stepper = recipe, list(loops), stepper
        self.clock = loops[0].clock
        self.seeds = [loop.feed.order.seed for loop in loops]
        self._is_mixed = recipe.regularisation.mixup > 0

    def run(self) -> None:
        """Train all of them to the end.

        Raises:
            ApartError: one of them is no longer finite; what happens then is decided seed by seed.
        """
        for loop in self.loops:
            loop.stepper.moving.model.train()
        step = 0
        while not self.clock.is_over(step):
            self._stop_if_asked()
            self._step(step)
            step += 1
            self._look_around(step)
        if self.loops[0].position.evaluated_at != step:
            self._examine(step)
        self._check(weights=True)

    def _step(self, step: int) -> None:
        progress = self.clock.progress(step + 0.5)
        factor = rate(self.recipe.schedule, progress)
        for loop in self.loops:
            loop.feed.progress = progress
        losses, norms = self.stepper(
            [loop.feed(step) for loop in self.loops],
            step=step,
            rate=factor,
            dropping=[dropping(seed, step) for seed in self.seeds],
            mixing=[make_generator(seed, "objective", str(step)) for seed in self.seeds] if self._is_mixed else [],
            measure=step % MEASURE_EVERY == 0,
        )
        self._rate = factor
        for number, loop in enumerate(self.loops):
            loop.monitor.add(losses[number], None if norms is None else norms[number])
            loop.position.step = step + 1

    def _look_around(self, step: int) -> None:
        if step == 1:
            self.clock.warmed_up(step)
        if step % CHECK_EVERY == 0:
            self._check()
        if step < CHECK_EVERY or step % CHECK_EVERY == 0:
            self._keep_time_free()
        due = [loop.examiner.cadence.is_due(self.clock.progress(step), self.clock) for loop in self.loops]
        if any(due):
            self._check(weights=True)
            self._examine(step)
            self._keep_time_free()
        self.loops[0].report()

    def _examine(self, step: int) -> None:
        for loop in self.loops:
            loop.examiner.examine(self.recipe.optimiser.lr * self._rate)

    def _keep_time_free(self) -> None:
        for loop in self.loops:
            loop.keep_time_free()
        self.clock.reserve_s = sum(loop.ending.reserve_s() for loop in self.loops)

    def _check(self, *, weights: bool = False) -> None:
        for loop in self.loops:
            if not loop.monitor.is_finite() or (weights and not loop.stepper.moving.is_finite()):
                raise ApartError(f"seed {loop.feed.order.seed} diverged near step {loop.position.step}")

    def _stop_if_asked(self) -> None:
        should_stop = self.loops[0].setting.should_stop
        if should_stop is not None and should_stop():
            raise Interrupted


def dropping(seed: int, step: int) -> torch.Generator:
    """What dropout draws from in that step of a training alone, where ``Loop`` seeds the global generator with it."""
    return torch.Generator().manual_seed(stream_seed(seed, "step", str(step)))
