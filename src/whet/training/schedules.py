"""The learning rate over the training, as a fraction of its peak: pure functions of progress in [0, 1].

Progress is a share of the budget, so a schedule is always stretched over the whole training and ends when it ends
("budgeted training", Li et al., ICLR 2020). ``plateau`` stays at the peak after its warm-up; the loop divides it by 5
whenever the validation stops improving. A cosine may start again at the peak several times, in cycles of equal length.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from whet.recipe import Schedule

__all__ = ["PLATEAU_FACTOR", "cycle_at", "rate"]

PLATEAU_FACTOR = 0.2  # what a plateau multiplies the rate by
FIRST = 1 / 25  # one_cycle: where the rise begins, as in torch.optim.lr_scheduler.OneCycleLR
LAST = FIRST / 1e4  # one_cycle: where the fall ends


def rate(schedule: Schedule, progress: float) -> float:
    """The fraction of the peak learning rate at ``progress``.

    >>> [rate(Schedule(name="linear", warmup=0.5), p) for p in (0.0, 0.25, 0.5, 0.75, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    done = min(1.0, max(0.0, progress))
    if schedule.name == "one_cycle":
        return _one_cycle(schedule.warmup, done)
    if schedule.cycles > 1:
        return _restarting(schedule, done)
    if done < schedule.warmup:
        return done / schedule.warmup
    return _FALLS[schedule.name]((done - schedule.warmup) / (1 - schedule.warmup))


def cycle_at(schedule: Schedule, progress: float) -> int:
    """The number, from 0, of the cycle that runs at ``progress``; a cycle's end belongs to the next one.

    >>> [cycle_at(Schedule(cycles=4), p) for p in (0.0, 0.24, 0.25, 1.0)]
    [0, 0, 1, 3]
    """
    return min(schedule.cycles - 1, int(min(1.0, max(0.0, progress)) * schedule.cycles))


def _restarting(schedule: Schedule, done: float) -> float:
    """Warm restarts with cycles of equal length (SGDR, Loshchilov & Hutter, arXiv 1608.03983, T_mult = 1).

    Differs: a warm-up, in the first cycle only.
    """
    number = cycle_at(schedule, done)
    warmup = schedule.warmup * schedule.cycles if number == 0 else 0.0
    share = done * schedule.cycles - number
    return share / warmup if share < warmup else _cosine((share - warmup) / (1 - warmup))


def _stay(_: float) -> float:
    return 1.0


def _cosine(share: float) -> float:
    return (1 + math.cos(math.pi * share)) / 2


def _to_zero(share: float) -> float:
    return 1.0 - share


_FALLS: dict[str, Callable[[float], float]] = {
    "constant": _stay,
    "plateau": _stay,
    "cosine": _cosine,
    "linear": _to_zero,
}


def _one_cycle(warmup: float, done: float) -> float:
    """Two half cosines: up to the peak at ``warmup``, then down (Smith & Topin, arXiv 1708.07120)."""
    if done < warmup:
        return 1 + (FIRST - 1) * _cosine(done / warmup)
    return LAST + (1 - LAST) * _cosine((done - warmup) / (1 - warmup))
