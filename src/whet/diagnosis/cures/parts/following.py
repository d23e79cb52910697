"""Keeps an optimiser with its model when parameters are exchanged, come or go.

The optimiser (a copy) is edited in place: class, settings, groups and the state of parameters that stay are kept, and
so is a scheduler's hold on it.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn
from torch.optim import Optimizer

__all__ = ["follow", "forget", "give", "held", "names_of"]


def names_of(model: nn.Module) -> dict[str, nn.Parameter]:
    """Every parameter by each of its dotted names; a shared one has several."""
    return dict(model.named_parameters(remove_duplicate=False))


def held(optimizer: Optimizer) -> set[int]:
    """Identities of the parameters that the optimiser moves."""
    return {id(p) for group in optimizer.param_groups for p in group["params"]}


def follow(optimizer: Optimizer, before: Mapping[str, nn.Parameter], model: nn.Module) -> None:
    """After a change of ``model``: exchanged parameters take the old one's place, new ones join their neighbours.

    Args:
        before: ``names_of(model)`` before the change.
    """
    after = names_of(model)
    there = {id(p) for p in after.values()}
    exchanged = {id(old): after[name] for name, old in before.items() if name in after and after[name] is not old}
    gone = {id(p) for p in before.values()} - there
    for group in optimizer.param_groups:
        old = list(group["params"])
        kept = [exchanged[id(p)] if id(p) in gone and id(p) in exchanged else p for p in old]
        group["params"][:] = [p for p in kept if id(p) not in gone]
    for parameter in [p for p in optimizer.state if id(p) in gone]:
        del optimizer.state[parameter]
    give(optimizer, model, [name for name in after if name not in before])


def give(optimizer: Optimizer, model: nn.Module, names: list[str]) -> None:
    """Add parameters that it does not hold yet, each to the group that holds those nearest by name."""
    known = names_of(model)
    group_of = {id(p): i for i, group in enumerate(optimizer.param_groups) for p in group["params"]}
    placed = {name: group_of[id(p)] for name, p in known.items() if id(p) in group_of}
    for name in names:
        if id(known[name]) not in held(optimizer):
            group = optimizer.param_groups[_nearest(name, placed)]
            group["params"].append(known[name])


def forget(optimizer: Optimizer, parameters: list[nn.Parameter]) -> None:
    """Drop momenta and other state that belong to weights which are no longer there."""
    for parameter in parameters:
        optimizer.state.pop(parameter, None)


def _nearest(name: str, placed: Mapping[str, int]) -> int:
    """The group of the parameter with the longest common path; among those, of one with the same last part."""
    if not placed:
        return 0
    last = name.rpartition(".")[2]
    best = max(placed, key=lambda n: (_shared(n, name), n.rpartition(".")[2] == last))
    return placed[best]


def _shared(one: str, other: str) -> int:
    """How many parts of two dotted names agree, from the beginning."""
    pairs = list(zip(one.split("."), other.split(".")))
    return next((i for i, (a, b) in enumerate(pairs) if a != b), len(pairs))
