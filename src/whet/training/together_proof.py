"""Before several networks are trained together: do they then compute what each computes alone, and what does it save?

A network may do things that stacking changes (operations without a batched form, randomness besides dropout), so it is
tried on throw-away copies; a mistake in it would cost correctness, the trial costs a few steps.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from whet.data.inputs import Batch
from whet.recipe import Recipe
from whet.rng import drawing_globally, make_generator, stream_seed
from whet.training.loop import Loop
from whet.training.moving import Moving
from whet.training.objective import Supervised
from whet.training.optimisers import build_optimisers
from whet.training.stepper import Stepper
from whet.training.together_loop import dropping
from whet.training.together_reasons import ApartError
from whet.training.together_stack import Stack
from whet.training.together_stepper import StackStepper

__all__ = ["prove"]

TOLERANCE = {"float32": 1e-3, "bfloat16": 5e-2}  # relative difference of losses and of gradient norms
TIMED = 3  # steps, after the one that was compared


def prove(recipe: Recipe, loops: Sequence[Loop], *, now: Callable[[], float]) -> float:
    """Seconds of a step alone per second of a step together.

    Raises:
        ApartError: together they would not compute the same.
    """
    batches = [loop.feed(0) for loop in loops]
    seeds = [loop.feed.order.seed for loop in loops]
    alone = [_alone(recipe, loop) for loop in loops]
    models = [copy.deepcopy(loop.stepper.moving.model).train() for loop in loops]
    objectives = [loop.stepper.objective for loop in loops]
    try:
        stepper = StackStepper(
            Stack(models),
            recipe,
            [o for o in objectives if isinstance(o, Supervised)],
            precision=loops[0].speed.precision,
        )
        together = _once_together(stepper, batches, seeds)
    except (RuntimeError, TypeError, ValueError, NotImplementedError) as fault:
        raise ApartError(f"the network cannot be stacked: {str(fault).splitlines()[0]}") from fault
    with drawing_globally(seeds[0], "proof"):
        apart = [_once_alone(step, batch, seed) for step, batch, seed in zip(alone, batches, seeds, strict=True)]
        _compare(together, apart, TOLERANCE[loops[0].speed.precision])
        one = _fastest(lambda: _once_alone(alone[0], batches[0], seeds[0]), now)
    return one / max(1e-9, _fastest(lambda: _once_together(stepper, batches, seeds), now))


def _alone(recipe: Recipe, loop: Loop) -> Stepper:
    model = copy.deepcopy(loop.stepper.moving.model).train()
    moving = Moving(model=model, optimisers=build_optimisers(model, recipe.optimiser))
    l1 = recipe.regularisation.l1
    return Stepper(moving=moving, objective=loop.stepper.objective, precision=loop.speed.precision, l1=l1)


def _once_alone(stepper: Stepper, batch: tuple[Batch, Tensor], seed: int) -> tuple[Tensor, Tensor]:
    torch.default_generator.manual_seed(stream_seed(seed, "step", "0"))  # as ``Loop`` does
    generator = make_generator(seed, "objective", "0")
    loss, norm = stepper(*batch, step=0, rate=0.0, generator=generator, measure=True)
    assert norm is not None
    return loss, norm


def _once_together(
    stepper: StackStepper, batches: Sequence[tuple[Batch, Tensor]], seeds: Sequence[int]
) -> tuple[Tensor, Tensor]:
    losses, norms = stepper(
        batches,
        step=0,
        rate=0.0,
        dropping=[dropping(seed, 0) for seed in seeds],
        mixing=[make_generator(seed, "objective", "0") for seed in seeds],
        measure=True,
    )
    assert norms is not None
    return losses, norms


def _compare(together: tuple[Tensor, Tensor], apart: Sequence[tuple[Tensor, Tensor]], tolerance: float) -> None:
    for which, name in enumerate(("loss", "gradient norm")):
        alone = torch.stack([pair[which] for pair in apart])
        if not torch.allclose(together[which], alone, rtol=tolerance, atol=1e-6):
            raise ApartError(f"stacked, the network has another {name}: {together[which].tolist()}, {alone.tolist()}")


def _fastest(step: Callable[[], object], now: Callable[[], float]) -> float:
    times = []
    for _ in range(TIMED):
        begin = now()
        step()
        times.append(now() - begin)
    return min(times)
