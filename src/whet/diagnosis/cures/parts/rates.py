"""Scales every learning rate of a training, those that a scheduler remembers too."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.cures.parts.asking import told
from whet.diagnosis.cures.parts.fresh_weights import mend_broken_weights
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.rate_sweep import rate_sweep
from whet.diagnosis.probes.short_runs import short_run
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["IN_GROUPS", "better_rate", "rate_of", "scale_rates"]

STEPS = 60  # of a short trial
SECONDS = 0.7  # for one of them
FALLEN = 0.95  # of its beginning that the loss must be below, for a training to count as one
IN_GROUPS = ("lr", "initial_lr", "max_lr", "min_lr")  # the last two are OneCycleLR's
IN_SCHEDULERS = ("base_lrs", "max_lrs", "min_lrs", "_last_lr", "eta_min")


def rate_of(setup: Setup) -> float:
    """Of the first group, at the peak of its schedule."""
    group = setup.optimizer.param_groups[0]
    return max(float(group[key]) for key in ("lr", "initial_lr", "max_lr") if group.get(key) is not None)


def scale_rates(setup: Setup, factor: float) -> None:
    """Change ``setup`` (a copy) in place; groups keep their proportions."""
    for group in setup.optimizer.param_groups:
        for key in IN_GROUPS:
            if key in group:
                group[key] = _times(group[key], factor)
    _scale_scheduler(setup.scheduler, factor)


def _scale_scheduler(scheduler: Any, factor: float) -> None:
    if scheduler is None:
        return
    for name in IN_SCHEDULERS:
        value = getattr(scheduler, name, None)
        if isinstance(value, list):
            setattr(scheduler, name, [_times(v, factor) for v in value])
        elif isinstance(value, float):
            setattr(scheduler, name, value * factor)
    for inner in getattr(scheduler, "_schedulers", ()):  # SequentialLR, ChainedScheduler
        _scale_scheduler(inner, factor)


def _times(value: Any, factor: float) -> Any:
    return value * factor if isinstance(value, float | int | Tensor) else value


def better_rate(case: Case, finding: Finding | None, factor: float) -> float:
    """The rate for the first group: what the finding names, else the best of short trials, else ``factor`` times it.

    Args:
        factor: its side of 1 says whether a higher or a lower rate is wanted.
    """
    now = rate_of(setup_of(case))
    named = told(finding, "better_rate")
    if named is not None and named > 0 and (named > now) == (factor > 1):
        return named
    found = _swept(case, higher=factor > 1)
    if found is None:
        found = case.ask(_lower_trial if factor < 1 else _higher_trial)
    return now * (factor if found is None else found)


def _swept(case: Case, *, higher: bool) -> float | None:
    """The best factor of the sweep that rules have made, where training at it brings the loss down."""
    try:
        sweep = case.ask(rate_sweep)
    except CannotJudgeError:
        return None
    factor, loss = sweep.best(higher=higher)
    return factor if factor != 1.0 and loss < FALLEN * min(sweep.start, sweep.reference) else None


def _lower_trial(case: Case) -> float | None:
    return _trial(case, (1e-1, 1e-2, 1e-3, 1e-4, 1e-5))


def _higher_trial(case: Case) -> float | None:
    return _trial(case, (1e1, 1e2, 1e3, 1e4, 1e5))


def _trial(case: Case, factors: tuple[float, ...]) -> float | None:
    """The factor at which a few steps on the first batches end lowest; None where none brings the loss down."""
    given, ends = case.ask(batches).first, dict[float, float]()
    for factor in factors:
        setup = setup_of(case).copy()
        mend_broken_weights(setup)
        scale_rates(setup, factor)
        losses = np.array(short_run(setup, given, steps=STEPS, until=time.monotonic() + SECONDS))
        last = losses[-max(3, len(losses) // 3) :]
        if np.isfinite(losses).all() and last.mean() < FALLEN * losses[0]:
            ends[factor] = float(last.mean())
    return min(ends, key=ends.__getitem__) if ends else None
