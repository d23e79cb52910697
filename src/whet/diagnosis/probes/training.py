"""A copy of the user's model trained with the user's parts for a while, watched, and then examined."""

from __future__ import annotations

import time
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.ordinary_loop import Stretch, train_stretch
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.probes.examining import examinable, examine
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.pace import pass_seconds
from whet.diagnosis.probes.passes import first_pass
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError, WhetError
from whet.watching.recorder import Recorder
from whet.watching.trace import Trace

__all__ = ["Trained", "training"]

SHARE = 0.5  # of the time left
SLOW_SHARE = 0.3  # the same for a slow model: trials at other settings say more than a few steps more
PASSES = 400  # that fit into the time left, below which a model is slow
MOST_EPOCHS = 20.0


@dataclass(frozen=True, kw_only=True)
class Trained:
    """The copy after its training, and what was seen on the way."""

    setup: Setup
    trace: Trace
    stretch: Stretch
    outcome: Outcome | None  # None where the goal is unknown, or there was no time to examine it


def training(case: Case) -> Trained:
    """Train for a share of the time left."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    case.ask(first_pass)  # says so where the loss cannot be computed at all
    copy = case.setup.copy()
    share = SHARE if case.ask(pass_seconds) * PASSES < case.left_s() else SLOW_SHARE
    until = None if case.until is None else time.monotonic() + max(0.0, share * case.left_s())
    with Recorder(copy.model, copy.optimizer, loss=copy.loss, scheduler=copy.scheduler) as recorder:
        try:
            stretch = train_stretch(copy, epochs=case.setup.epochs or MOST_EPOCHS, until=until)
        except WhetError:
            raise
        except Exception as error:
            told = " ".join(str(error).split())[:300]
            raise CannotJudgeError(
                f"training a copy of the model stopped with {type(error).__name__}: {told}{_advice(told)}"
            ) from error
    return Trained(setup=copy, trace=recorder.trace(), stretch=stretch, outcome=_outcome(case, copy, stretch))


def _advice(told: str) -> str:
    if "more than 1 value per channel" not in told:
        return ""
    return ". A batch has one example only, the last of the epoch perhaps: set drop_last=True in the loader"


def _outcome(case: Case, copy: Setup, stretch: Stretch) -> Outcome | None:
    """None too where there is no time for it: what the training showed is kept."""
    kind = case.ask(goal)
    if kind.kind == "unknown":
        return None
    try:
        return examine(copy, kind, examinable(case), stretch)
    except CannotJudgeError:
        return None
