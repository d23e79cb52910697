"""The same network trained on half of the examples and on all, for equally many steps: what did the rest bring?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.margins import errors_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.ground import attempt
from whet.diagnosis.probes.predictions import predictions
from whet.diagnosis.probes.redrawn import reset
from whet.errors import CannotJudgeError
from whet.rng import make_numpy_generator

__all__ = ["FewerExamples", "fewer_examples"]

MOST_STEPS, FEWEST_STEPS = 200, 40
FEWEST_BATCHES = 4
SECONDS, SHARE = 3.0, 0.15  # of each training, and of the time left


@dataclass(frozen=True, kw_only=True)
class FewerExamples:
    """(N,) errors on the same validation examples, as ``margins.errors_of``."""

    half: np.ndarray
    whole: np.ndarray
    batches: tuple[int, int]  # that each was trained on
    steps: int


def fewer_examples(case: Case) -> FewerExamples:
    """Two short trainings from the same initial weights."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    given, kind = case.ask(batches), case.ask(goal)
    if not given.is_whole or len(given.first) < FEWEST_BATCHES or not given.valid or kind.kind == "unknown":
        raise CannotJudgeError(f"needs a training part of {FEWEST_BATCHES} to 64 batches, and validation batches")
    errors: list[np.ndarray] = []
    steps = MOST_STEPS
    for chosen in (given.first, given.first[::2]):
        setup = replace(case.setup.copy(), train=_Mixed(chosen, case.seed), scheduler=None)
        if setup.was_trained:
            reset(setup.model, seed=case.seed)
            setup.optimizer.state.clear()
        made = attempt(setup, steps=steps, seconds=2 * SECONDS if errors else min(SECONDS, SHARE * case.left_s()))
        if made < FEWEST_STEPS or (errors and made < steps):
            raise CannotJudgeError("steps take too long for a training on half of the examples")
        steps = made
        truth, scores, _ = predictions(setup, kind, given.valid)
        if not np.isfinite(scores).all():
            raise CannotJudgeError("the training diverged")
        errors.append(errors_of("numbers" if kind.kind == "numbers" else "classes", truth, scores))
    sizes = (len(given.first[::2]), len(given.first))
    return FewerExamples(half=errors[1], whole=errors[0], batches=sizes, steps=steps)


class _Mixed:
    """Batches in another order every time they are read."""

    def __init__(self, chosen: tuple[Any, ...], seed: int) -> None:
        self.chosen, self.generator = chosen, make_numpy_generator(seed, "order of batches")

    def __iter__(self) -> Iterator[Any]:
        return (self.chosen[i] for i in self.generator.permutation(len(self.chosen)))
