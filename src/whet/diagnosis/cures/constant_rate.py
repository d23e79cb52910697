"""The initial learning rate throughout, without a scheduler.

Helps: a schedule that has brought the rate to nearly 0 long before the end. Hurts: trainings that need a warm-up.
Source: PyTorch documentation, "How to adjust learning rate".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.rates import rate_of
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["ConstantRate"]


@dataclass(frozen=True, kw_only=True)
class ConstantRate:
    """Every group at the rate that it was built with."""

    title: str = "leave out the scheduler"

    def applies(self, case: Case) -> bool:
        """Where there is a scheduler."""
        return is_so(lambda: setup_of(case).scheduler is not None)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """What to delete, with the rate."""
        return f"leave out scheduler.step(): the rate then stays at {rate_of(setup_of(case)):.3g}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Edit a copy of the optimiser."""
        setup = setup_of(case).copy()
        need(setup.scheduler is not None, "there is no scheduler")
        for group in setup.optimizer.param_groups:
            group["lr"] = _start(group)
        return replace(setup, scheduler=None)


def _start(group: dict[str, Any]) -> Any:
    """A one-cycle schedule starts at a 25th of its highest rate: a third of that one serves throughout."""
    if "max_lr" in group:
        return group["max_lr"] / 3
    return group.get("initial_lr", group["lr"])


cures.register("constant_rate")(ConstantRate())
