"""The trace that rules about training read: the user's own loop where it was watched, else a training by us."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whet.diagnosis.case import Case
from whet.errors import CannotJudgeError
from whet.watching.trace import Trace

if TYPE_CHECKING:
    from whet.diagnosis.probes.training import Trained

__all__ = [
    "breaks_by_itself",
    "end_of",
    "epoch_length",
    "fall_of",
    "planned_steps",
    "seen",
    "start_of",
    "trained",
    "undivided",
    "watched",
]

FEWEST = 10  # steps of a trace from which anything is said


def seen(case: Case) -> Trace:
    """The watched trace, else that of a copy trained in the ordinary loop."""
    trace = case.trace if case.trace is not None else trained(case).trace
    if not trace.steps:
        raise CannotJudgeError("no step of the optimiser was seen")
    return trace


def trained(case: Case) -> Trained:
    """A copy trained by us for a share of the time left."""
    from whet.diagnosis.probes.training import training  # brings the recorder along, which watched traces do not need

    return case.ask(training)


def watched(case: Case) -> Trace | None:
    """The user's own loop; None where only our loop was seen, which makes no mistakes of a loop."""
    return case.trace if case.trace is not None and case.trace.steps else None


def planned_steps(case: Case) -> int:
    """How many steps the user means to make; those that were seen where nothing else is known."""
    trace = seen(case)
    setup = case.setup
    if case.trace is not None or setup is None or setup.epochs is None:
        return len(trace.steps)
    per_epoch = epoch_length(case)
    return max(len(trace.steps), int(per_epoch * setup.epochs)) if per_epoch else len(trace.steps)


def epoch_length(case: Case) -> float | None:
    """Steps of an epoch, where known."""
    trace = seen(case)
    if trace.steps_per_epoch is None and case.trace is None:
        return trained(case).stretch.steps_per_epoch
    return trace.steps_per_epoch


def undivided(trace: Trace) -> int:
    """How many whole losses went into a step, which the step's loss is then the sum of: 1 where they were averaged."""
    passes = int(np.median([s.num_backward for s in trace.steps])) if trace.steps else 1
    ratios = [
        s.loss / s.loss_call.value
        for s in trace.steps
        if s.loss is not None and s.loss_call is not None and s.loss_call.value > 0 and np.isfinite(s.loss)
    ]
    known = [r for r in ratios if np.isfinite(r)]
    if passes < 2 or not known:
        return 1
    return passes if float(np.median(known)) > np.sqrt(passes) else 1


def breaks_by_itself(trace: Trace) -> bool:
    """Whether the loss turned NaN or infinite while it was falling: its own arithmetic fails, not the training."""
    broken = next((i for i, s in enumerate(trace.steps) if s.first_broken), None)
    if broken is None or not trace.steps[broken].first_broken.startswith("loss"):
        return False
    before = trace.losses()[:broken]
    before = before[np.isfinite(before)]
    return len(before) == 0 or float(before[-5:].max()) < 1.5 * float(before[:3].max())


def start_of(losses: np.ndarray) -> float:
    """The loss at the beginning: the median of the first steps, NaN without any.

    >>> start_of(np.array([3.0, 2.9, 3.1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]))
    3.0
    """
    return _middle(losses[: max(3, len(losses) // 20)])


def end_of(losses: np.ndarray) -> float:
    """The loss at the end: the mean of the last tenth, infinite where most of it is not finite."""
    last = losses[-max(3, len(losses) // 10) :]
    finite = last[np.isfinite(last)]
    if len(finite) * 2 < len(last):
        return float("inf") if len(losses) else float("nan")
    return float(np.mean(finite))


def fall_of(trace: Trace) -> float | None:
    """By which share of its beginning the loss fell: 1 is to zero, below 0 it rose. None where it was not seen.

    Losses below zero (likelihoods of numbers) have no such share: None.
    """
    losses = trace.losses()
    if len(losses) < FEWEST or (np.isnan(losses).sum() > 0.5 * len(losses) and not _broke(trace)):
        return None
    start, end = start_of(losses), end_of(losses)
    if np.isfinite(losses[0]):
        start = min(start, float(losses[0]))  # one that leapt up first is compared with the first step
    return None if not np.isfinite(start) or start <= 0 else 1.0 - end / start


def _broke(trace: Trace) -> bool:
    return any(s.first_broken or (s.loss is not None and not np.isfinite(s.loss)) for s in trace.steps)


def _middle(losses: np.ndarray) -> float:
    finite = losses[np.isfinite(losses)]
    return float(np.median(finite)) if len(finite) else float("nan")
