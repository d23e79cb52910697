"""Modules that a model keeps where PyTorch does not look: in plain lists, tuples and dictionaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

__all__ = ["hidden_modules", "register_hidden"]


def hidden_modules(model: nn.Module) -> dict[str, nn.Module]:
    """By the name that they would get: dotted name of the owner, attribute and place."""
    known = {id(m) for m in model.modules()}
    found: dict[str, nn.Module] = {}
    for owner, module in model.named_modules():
        for attribute, value in vars(module).items():
            if attribute.startswith("_"):  # PyTorch's own books
                continue
            for place, inner in _inside(value):
                if id(inner) not in known:
                    found[f"{owner}.{attribute}_{place}".lstrip(".")] = inner
    return found


def register_hidden(model: nn.Module) -> list[str]:
    """Make them submodules (of a copy); the lists stay, so the forward pass is the same. Names of their parameters."""
    names: list[str] = []
    for name, inner in hidden_modules(model).items():
        owner, _, own = name.rpartition(".")
        inner.train(model.training)
        model.get_submodule(owner).add_module(own, inner)
        names += [f"{name}.{p}" for p, _ in inner.named_parameters()]
    return names


def _inside(value: Any) -> Iterator[tuple[str, nn.Module]]:
    pairs: Any = ()
    if isinstance(value, list | tuple):
        pairs = enumerate(value)
    elif isinstance(value, Mapping):
        pairs = value.items()
    for place, inner in pairs:
        if isinstance(inner, nn.Module):
            yield str(place).replace(".", "_"), inner
