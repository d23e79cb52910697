"""A copy of the user's model trained with the user's parts for a while, watched, and then examined."""

from __future__ import annotations

import time
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.ordinary_loop import Stretch, train_stretch
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.examining import examine
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.passes import first_pass
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.watching.recorder import Recorder
from whet.watching.trace import Trace

__all__ = ["Trained", "training"]

SHARE = 0.5  # of the time left
MOST_EPOCHS = 20.0


@dataclass(frozen=True, kw_only=True)
class Trained:
    """The copy after its training, and what was seen on the way."""

    setup: Setup
    trace: Trace
    stretch: Stretch
    outcome: Outcome | None  # None where the goal is unknown


def training(case: Case) -> Trained:
    """Train for a share of the time left."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    case.ask(first_pass)  # says so where the loss cannot be computed at all
    copy = case.setup.copy()
    until = None if case.until is None else time.monotonic() + max(0.0, SHARE * case.left_s())
    with Recorder(copy.model, copy.optimizer, loss=copy.loss, scheduler=copy.scheduler) as recorder:
        stretch = train_stretch(copy, epochs=case.setup.epochs or MOST_EPOCHS, until=until)
    kind = case.ask(goal)
    outcome = None if kind.kind == "unknown" else examine(copy, kind, case.ask(batches), stretch)
    return Trained(setup=copy, trace=recorder.trace(), stretch=stretch, outcome=outcome)
