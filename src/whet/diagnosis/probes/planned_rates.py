"""The rates that a schedule would go through in the whole planned training and beyond, without training anything."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.optim import lr_scheduler

from whet.diagnosis.case import Case
from whet.diagnosis.probes.seen import epoch_length, seen
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["PlannedRates", "planned_rates"]

BEYOND = 10  # times the planned moves that are looked at
MOST = 50_000  # moves


@dataclass(frozen=True, kw_only=True)
class PlannedRates:
    """Rates of the first group, one per move of the scheduler, the first before any."""

    rates: np.ndarray  # (planned + 1,)
    later: np.ndarray  # (N,) what would follow if the training went on
    base: float  # the rate that the optimiser was made with

    @property
    def rises(self) -> bool:
        """Whether the rate climbs all the way, to the last move."""
        moves = np.diff(self.rates)
        return bool(len(moves) >= 2 and (moves >= 0).all() and moves[-1] > 0)

    @property
    def aim(self) -> float:
        """Where it climbs to: the highest rate to come, where that is reached; else the rate it was made with."""
        most = float(self.later.max()) if len(self.later) else self.base
        is_reached = (len(self.later) > 0 and most > float(self.later[-1])) or _stands(self.later)
        return most if is_reached else max(self.base, float(self.rates[-1]))


def planned_rates(case: Case) -> PlannedRates:
    """Move a copy of the scheduler, with an optimiser that holds nothing."""
    setup = case.setup
    if setup is None or setup.epochs is None or type(setup.scheduler) in _OTHERS:
        raise CannotJudgeError("needs a scheduler and the number of epochs")
    if not isinstance(setup.scheduler, lr_scheduler.LRScheduler):
        raise CannotJudgeError("the scheduler is none of PyTorch's kind, so it cannot be moved ahead")
    planned = _moves(case)
    if planned < 2 or planned > MOST:
        raise CannotJudgeError("the scheduler moves too seldom, or too often to follow it")
    groups = setup.optimizer.param_groups
    dummy = torch.optim.SGD([{**g, "params": [torch.zeros(1)]} for g in copy.deepcopy(_bare(groups))], lr=1.0)
    scheduler = copy.deepcopy(setup.scheduler, {id(setup.optimizer): dummy})
    rates = [float(dummy.param_groups[0]["lr"])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that no step of the optimiser comes first
        for _ in range(min(BEYOND * planned, MOST)):
            try:
                scheduler.step()
            except Exception:  # a schedule that ends
                break
            rates.append(float(dummy.param_groups[0]["lr"]))
    return PlannedRates(
        rates=np.array(rates[: planned + 1]),
        later=np.array(rates[planned + 1 :]),
        base=float(groups[0].get("initial_lr", groups[0]["lr"])),
    )


_OTHERS = (lr_scheduler.ReduceLROnPlateau, lr_scheduler.OneCycleLR, lr_scheduler.CyclicLR)


def _bare(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in g.items() if k != "params"} for g in groups]


def _moves(case: Case) -> int:
    """Of the scheduler in the whole planned training: as often per epoch as was seen, or as was said."""
    setup, trace = case.setup, seen(case)
    assert setup is not None
    assert setup.epochs is not None
    per_epoch = epoch_length(case) or _length(setup)
    if case.trace is None:
        if setup.loop.schedule_every == "epoch":
            return int(setup.epochs)
        return int(setup.epochs * per_epoch) if per_epoch else 0
    steps = trace.steps[-1].index + 1
    if not per_epoch or not trace.scheduler_steps or setup.scheduler.last_epoch >= trace.scheduler_steps:
        return 0  # the last: it is not the schedule as it began
    return int(trace.scheduler_steps * max(1.0, setup.epochs * per_epoch / steps))


def _length(setup: Setup) -> float | None:
    try:
        return len(setup.train) / setup.loop.accumulate  # type: ignore[arg-type]
    except TypeError:
        return None


def _stands(rates: np.ndarray) -> bool:
    """A plateau at the top: the last tenth of what is to come does not move."""
    last = rates[-max(2, len(rates) // 10) :]
    return len(last) >= 2 and float(np.ptp(last)) == 0.0
