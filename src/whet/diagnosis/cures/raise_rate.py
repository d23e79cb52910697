"""A higher learning rate.

Helps: a loss that falls steadily and far too slowly. Hurts: a training that is at its optimum or in a warm-up.
Source: Bengio, "Practical Recommendations for Gradient-Based Training of Deep Architectures", 2012, section 3.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.rates import IN_GROUPS, better_rate, rate_of, scale_rates
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["RaiseRate"]


@dataclass(frozen=True, kw_only=True)
class RaiseRate:
    """Every group's rate by one factor, or those of the groups that the finding names to that of the largest."""

    title: str = "raise the learning rate"
    factor: float = 10.0  # where neither the finding nor a short trial names a rate

    def applies(self, case: Case) -> bool:
        """Where there is a rate above 0."""
        return is_so(lambda: rate_of(setup_of(case)) > 0)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """With both rates."""
        if _named(finding):
            return "give these parameters the rate of the others: put them into one group of the optimizer"
        now = rate_of(setup_of(case))
        kind = type(setup_of(case).optimizer).__name__
        return f"optimizer = {kind}(..., lr={better_rate(case, finding, self.factor):.3g})  # was {now:.3g}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """To the rate that the finding names, else to the best higher one of short trials."""
        setup = setup_of(case).copy()
        if _named(finding):
            for number in _named(finding):
                _even(setup, number)
            return setup
        scale_rates(setup, better_rate(case, finding, self.factor) / rate_of(setup))
        return setup


def _named(finding: Finding | None) -> tuple[int, ...]:
    """Numbers of parameter groups whose rates are next to nothing beside the others'."""
    return () if finding is None else tuple(finding.evidence.get("groups", ()))


def _even(setup: Setup, number: int) -> None:
    """Take the rates of the group that has the highest."""
    groups = setup.optimizer.param_groups
    largest = max(groups, key=lambda g: float(g.get("max_lr") or g.get("initial_lr") or g["lr"]))
    for key in IN_GROUPS:
        if key in groups[number]:
            groups[number][key] = largest[key]
    base = getattr(setup.scheduler, "base_lrs", None)
    if isinstance(base, list) and len(base) == len(groups):
        base[number] = largest.get("initial_lr", largest["lr"])


cures.register("raise_rate")(RaiseRate())
