"""The trained copy trained on, as long again: does it get better on validation examples?

A falling training loss alone does not say that a training ended too soon: it falls while noise is learnt by heart too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.margins import errors_of, lead_of, trivial_error
from whet.diagnosis.ordinary_loop import train_stretch
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.examining import examine
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.training import training
from whet.errors import CannotJudgeError

__all__ = ["Longer", "longer"]

SHARE = 0.4  # of the time left
LEAST_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Longer:
    """Errors are mean errors (classes) or mean squared errors (numbers) of validation examples; smaller is better."""

    epochs: float  # trained in addition
    before: float
    after: float
    trivial: float  # of always the commonest class or the mean
    error: float  # standard error of the difference, by example

    @property
    def share(self) -> float:
        """Of the errors, how many went; negative where it got worse."""
        return (self.before - self.after) / max(self.before, 1e-12)

    @property
    def gain(self) -> float:
        """As a share of what there is to know: 1 where a constant answer became a perfect one."""
        return (self.before - self.after) / max(self.trivial, 1e-12)

    @property
    def is_better(self) -> bool:
        """Beyond chance."""
        return self.before - self.after > 3 * self.error


def longer(case: Case) -> Longer:
    """At most as many steps as the training had; the rate goes on as it was, without the scheduler."""
    trained = case.ask(training)
    if trained.outcome is None:
        raise CannotJudgeError("needs validation batches and one of PyTorch's losses")
    if trained.setup.scheduler is not None:
        raise CannotJudgeError("the rate follows a schedule, which has ended: more steps would be another training")
    if case.left_s() < LEAST_S:
        raise CannotJudgeError("the time was used up; give a larger budget")
    copy = trained.setup.copy()
    until = None if case.until is None else time.monotonic() + SHARE * case.left_s()
    stretch = train_stretch(copy, steps=max(1, len(trained.stretch.losses)), until=until)
    after = examine(copy, case.ask(goal), case.ask(batches), stretch)
    assert after is not None
    first = trained.outcome
    if not np.array_equal(first.truth, after.truth) or not np.isfinite(after.scores).all():
        raise CannotJudgeError("validation examples came in another order the second time, or outputs broke")
    old, new = (errors_of(o.kind, o.truth, o.scores) for o in (first, after))
    _, error = lead_of(old, new)
    epochs = len(stretch.losses) / max(1, len(trained.stretch.losses)) * trained.stretch.epochs
    return Longer(
        epochs=epochs, before=float(old.mean()), after=float(new.mean()), trivial=trivial_error(first), error=error
    )
