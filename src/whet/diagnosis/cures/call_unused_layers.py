"""Layers that ``forward`` forgets are called where they stand among their neighbours.

Helps: a body that the forward pass skips, a loop over layers that was left out.
Hurts: layers of an older version that were left behind on purpose; they only have to fit.
Source: PyTorch documentation of ``nn.Module``: a submodule does nothing until ``forward`` calls it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.following import give, names_of
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Setup
from whet.finding import Finding
from whet.rng import drawing_globally

__all__ = ["CallUnusedLayers"]

BARE = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)  # followed by a ReLU: alone they would add nothing


@dataclass(frozen=True, kw_only=True)
class CallUnusedLayers:
    """Each goes between the layers that are written before and after it, where its shapes fit there."""

    title: str = "call the layers that forward forgets"

    def applies(self, case: Case) -> bool:
        """Where such a layer fits before the next one that is called."""
        return is_so(lambda: bool(case.ask(_places)))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """Where to call what."""
        places = case.ask(_places)
        shown = "; ".join(f"x = self.{layer}(x) before self.{after}" for layer, after in list(places.items())[:3])
        return f"in forward: {shown}" if places else "call the layers in forward, or remove them"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """As hooks before the neighbours."""
        places = case.ask(_places)
        need(bool(places), "no layer that is never called fits between its neighbours")
        setup = setup_of(case).copy()
        for layer, after in places.items():
            _call(setup.model, layer, after)
        known = names_of(setup.model)
        inside = tuple(f"{layer}." for layer in places)
        give(setup.optimizer, setup.model, [n for n, p in known.items() if n.startswith(inside) and p.requires_grad])
        return setup


@dataclass(frozen=True, kw_only=True)
class _Through:
    """A hook that sends what a module is given through a sibling first. By name: a copy finds its own sibling."""

    layer: str

    def __call__(self, module: nn.Module, args: tuple[Any, ...]) -> Any:
        layer = module.__dict__["_sibling"][self.layer]
        value = layer(args[0])
        return functional.relu(value) if isinstance(layer, BARE) else value, *args[1:]


def _call(model: nn.Module, layer: str, after: str) -> None:
    module = model.get_submodule(after)
    siblings = module.__dict__.setdefault("_sibling", {})  # a plain dictionary: copied along, and no second parent
    siblings[layer] = model.get_submodule(layer)
    module.register_forward_pre_hook(_Through(layer=layer))


def _places(case: Case) -> dict[str, str]:
    """Forgotten layer -> the module before which it fits, both by dotted name."""
    setup, places = setup_of(case).copy(), dict[str, str]()
    called, outputs = _run(setup, case)
    for layer, followers in _forgotten(setup.model, called):
        for after in followers:
            trial = setup_of(case).copy()
            for known, place in {**places, layer: after}.items():
                _call(trial.model, known, place)
            if _fits(trial, case, layer, outputs):
                places[layer] = after
                break
    return places


def _fits(trial: Setup, case: Case, layer: str, outputs: list[torch.Size]) -> bool:
    try:
        called, found = _run(trial, case)
    except (RuntimeError, ValueError, TypeError, IndexError):  # of shapes that do not fit
        return False
    return found == outputs and layer in called


def _forgotten(model: nn.Module, called: set[str]) -> Iterator[tuple[str, list[str]]]:
    """Whole branches that hold parameters and never run, with the siblings after them that do."""
    for owner, module in model.named_modules():
        children = [(f"{owner}.{n}".lstrip("."), m) for n, m in module.named_children()]
        is_list = isinstance(module, nn.ModuleList | nn.ModuleDict)
        for i, (name, child) in enumerate(children):
            runs = {n for n in called if n == name or n.startswith(f"{name}.")}
            is_container = type(child) in (nn.ModuleList, nn.ModuleDict)
            if runs or is_container or not any(True for _ in child.parameters()):
                continue
            if owner in called or owner == "" or is_list:
                yield name, [n for n, _ in children[i + 1 :] if n in called] or _after(model, owner, called)


def _after(model: nn.Module, owner: str, called: set[str]) -> list[str]:
    """Modules that run and are written after the list ``owner`` beside it."""
    parent, _, own = owner.rpartition(".")
    names = [n for n, _ in model.get_submodule(parent).named_children()]
    later = names[names.index(own) + 1 :] if own in names else []
    return [n for n in (f"{parent}.{n}".lstrip(".") for n in later) if n in called]


def _run(setup: Setup, case: Case) -> tuple[set[str], list[torch.Size]]:
    """Names of modules that run, and the shapes of the outputs."""
    called: set[str] = set()
    handles = [m.register_forward_hook(_noting(n, called)) for n, m in setup.model.named_modules()]
    try:
        with torch.no_grad(), drawing_globally(case.seed, "cure"):
            outputs, _ = setup.forward(setup.model, case.ask(batches).first[0])
    finally:
        for handle in handles:
            handle.remove()
    return called, [t.shape for t in tensors_in(outputs)]


def _noting(name: str, into: set[str]) -> Any:
    def note(module: nn.Module, args: Any, output: Any) -> None:
        into.add(name)

    return note


cures.register("call_unused_layers")(CallUnusedLayers())
