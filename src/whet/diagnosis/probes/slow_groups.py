"""Layers with fresh weights in a parameter group whose learning rate is next to nothing beside the largest one's."""

from __future__ import annotations

from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.flow import flow
from whet.diagnosis.probes.rate_sweep import peak_rates

__all__ = ["RATIO", "SlowGroups", "slow_groups"]

RATIO = 1e-4  # of the largest group's rate; layer-wise decay and fine-tuning seldom go below a hundredth


@dataclass(frozen=True, kw_only=True)
class SlowGroups:
    """What hardly moves while the rest trains."""

    names: tuple[str, ...]  # parameters
    groups: tuple[int, ...]  # their numbers in the optimiser
    rate: float  # the largest of theirs
    largest: float  # of all groups
    share: float  # of the trained values that are theirs


def slow_groups(case: Case) -> SlowGroups | None:
    """None where there are none, where their weights were trained before, or where freshness is not known."""
    setup = case.setup
    if setup is None or len(setup.optimizer.param_groups) < 2:
        return None
    rates = peak_rates(case)
    slow = [n for n, rate in enumerate(rates) if 0 < rate <= RATIO * max(rates)]
    if not slow:
        return None
    names = {id(p): name for name, p in setup.model.named_parameters()}
    theirs = {names.get(id(p)) for n in slow for p in setup.optimizer.param_groups[n]["params"]}
    moved = [p for p in case.ask(flow).parameters if p.trains and p.held and p.gradient != "none"]
    layers = [p for p in moved if p.weighs and p.name in theirs]
    if not layers or any(p.fresh is False for p in layers) or not any(p.fresh for p in layers):
        return None
    still = [p for p in moved if p.name in theirs]
    return SlowGroups(
        names=tuple(p.name for p in still),
        groups=tuple(slow),
        rate=max(rates[n] for n in slow),
        largest=max(rates),
        share=sum(p.size for p in still) / sum(p.size for p in moved),
    )
