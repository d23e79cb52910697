"""Exchanges submodules of any model by dotted name; one that is shared is exchanged wherever it stands."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from whet.diagnosis.cures.parts.following import follow, names_of
from whet.diagnosis.setup import Setup

__all__ = ["exchange"]


def exchange(setup: Setup, choose: Callable[[str, nn.Module], nn.Module | None]) -> list[str]:
    """Change ``setup`` (a copy) in place and let the optimiser follow.

    Args:
        choose: (dotted name, module) -> the module that takes its place, or None to leave it. Asked once per module.

    Returns:
        Names of what was exchanged. The model itself cannot be: it has no place of its own.
    """
    before = names_of(setup.model)
    chosen: dict[int, nn.Module | None] = {}
    places = [(name, m) for name, m in setup.model.named_modules(remove_duplicate=False) if name]
    exchanged = []
    for name, module in places:
        if id(module) not in chosen:
            chosen[id(module)] = choose(name, module)
        new = chosen[id(module)]
        if new is not None:
            parent, _, own = name.rpartition(".")
            new.train(module.training)
            setattr(setup.model.get_submodule(parent), own, new)
            exchanged.append(name)
    if exchanged:
        follow(setup.optimizer, before, setup.model)
    return exchanged
