"""Trains one recipe with several seeds, or on several parts of the data, in one loop.

Helps: small networks, whose steps are mostly overhead: three seeds then take at most 1.6 times as long as one.
Hurts: nothing but time where a step is arithmetic; such trainings are refused, see ``together_reasons``.
What is learnt equals what each training would have learnt alone, up to rounding. Of an interrupted group nothing is
kept: it begins again, which small networks can afford.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from whet.data.dataset import Dataset
from whet.recipe import Recipe
from whet.tasks.target import Target
from whet.training.assemble import assemble
from whet.training.clock import TrainingClock
from whet.training.fitted import FitSetting, Training
from whet.training.kept_memory import kept_memory
from whet.training.loop import Loop
from whet.training.network import finished
from whet.training.objective import Supervised
from whet.training.prepare import Prepared, prepare
from whet.training.threads import using_threads
from whet.training.together_clock import SharedTime
from whet.training.together_loop import StackLoop
from whet.training.together_proof import prove
from whet.training.together_reasons import ApartError, why_apart, why_too_large
from whet.training.together_stack import Stack
from whet.training.together_stepper import StackStepper

__all__ = ["Job", "fit_together"]

LOOK = 192  # examples from which the size of a step is told; so few that the table encoder does not look for pairs


@dataclass(frozen=True, kw_only=True)
class Job:
    """One of the trainings."""

    seed: int
    train: Dataset
    valid: Dataset | None


def fit_together(
    recipe: Recipe,
    target: Target,
    jobs: Sequence[Job],
    *,
    setting: FitSetting,
    now: Callable[[], float] = time.perf_counter,
) -> list[Training]:
    """What ``fit`` gives for each job with ``recipe`` at the job's seed, in the same order.

    Raises:
        ApartError: they must be trained one after the other; the message says why.
        Interrupted: ``setting.should_stop`` said so.
    """
    _check(recipe, target, jobs, setting)
    begin, shared = now(), SharedTime(len(jobs), now=now)
    clock = TrainingClock(recipe.length, now=shared)
    recipes = [replace(recipe, seed=job.seed) for job in jobs]
    places = [_place(setting, number) for number in range(len(jobs))]
    ready = [prepare(r, target, j.train, j.valid, p) for r, j, p in zip(recipes, jobs, places, strict=True)]
    loops = _assembled(recipes, ready, jobs, clock, setting)
    threads = setting.num_threads or loops[0].speed.num_threads
    with kept_memory(setting.memory_bytes), using_threads(threads):
        shared.change(_pace(recipe, loops, now))
        stepper = _stepper(recipe, loops)
        StackLoop(recipe, loops, stepper).run()
        trainings = [
            finished(r, p, loop, j.train, setting=setting, notes=[f"trained together with {len(jobs) - 1} others"])
            for r, p, loop, j in zip(recipes, ready, loops, jobs, strict=True)
        ]
    return [replace(training, seconds=(now() - begin) / len(jobs)) for training in trainings]


def _check(recipe: Recipe, target: Target, jobs: Sequence[Job], setting: FitSetting) -> None:
    reason = why_apart(recipe, jobs[0].train.schema.modality, setting)
    if reason is None and len(jobs) < 2:
        reason = "there is only one"
    if reason is None and len({(len(job.train), job.train.weights is None) for job in jobs}) > 1:
        reason = "their training parts differ in size"
    if reason is None and any(job.train.weights is not None for job in jobs):
        reason = "examples that count less make epochs of different lengths"
    if reason is None:
        few = jobs[0].train.take(np.arange(min(LOOK, len(jobs[0].train))))
        reason = why_too_large(prepare(recipe, target, few, None, replace(setting, scratch=None)), recipe.batch_size)
    if reason is not None:
        raise ApartError(reason)


def _pace(recipe: Recipe, loops: Sequence[Loop], now: Callable[[], float]) -> float:
    """Where epochs alone limit the training, no stopwatch decides how it is run."""
    pace = prove(recipe, loops, now=now)
    if recipe.length.seconds is not None and pace * len(loops) < 1:
        raise ApartError(f"a step together takes {1 / pace:.1f} times as long as one alone")
    return pace


def _place(setting: FitSetting, number: int) -> FitSetting:
    """Every training encodes into a folder of its own."""
    return setting if setting.scratch is None else replace(setting, scratch=setting.scratch / f"together-{number}")


def _assembled(
    recipes: Sequence[Recipe],
    ready: Sequence[Prepared],
    jobs: Sequence[Job],
    clock: TrainingClock,
    setting: FitSetting,
) -> list[Loop]:
    shapes = [{n: tuple(t.shape) for n, t in each.model.state_dict().items()} for each in ready]
    if any(shape != shapes[0] for shape in shapes):
        raise ApartError("the networks differ in shape, because their encoders saw different examples")
    loops: list[Loop] = []
    for r, each, job in zip(recipes, ready, jobs, strict=True):
        speed = loops[0].speed if loops else None
        loops.append(assemble(r, each, job.valid, clock=clock, setting=setting, checkpoint=None, speed=speed))
    if not all(isinstance(loop.stepper.objective, Supervised) for loop in loops):
        raise ApartError("what is minimised is not the target's own loss")
    return loops


def _stepper(recipe: Recipe, loops: Sequence[Loop]) -> StackStepper:
    objectives = [loop.stepper.objective for loop in loops]
    return StackStepper(
        Stack([loop.stepper.moving.model for loop in loops]),
        recipe,
        [objective for objective in objectives if isinstance(objective, Supervised)],
        precision=loops[0].speed.precision,
        averages=[loop.stepper.moving.average for loop in loops],
    )
