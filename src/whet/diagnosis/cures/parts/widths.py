"""Hidden widths of a network that can be changed from outside: one layer's outputs are the next one's inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.replacing import exchange
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.layers_seen import LayerUse, layers_used
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Setup
from whet.rng import drawing_globally

__all__ = ["Pair", "hidden_pairs", "widen"]

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)
CONV = ("kernel_size", "stride", "padding", "dilation", "padding_mode")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Layers by dotted name, and the width between them."""

    first: str
    second: str
    norm: str = ""  # a normalisation between them
    width: int


def hidden_pairs(case: Case) -> list[Pair]:
    """Those that a forward pass confirms: with another width it runs, and gives outputs of the same shape."""
    setup = setup_of(case).copy()
    with layers_used(setup.model) as uses:
        outputs = _shapes(setup, case)
    single = [u for u in uses if sum(v.module is u.module for v in uses) == 1]
    return [p for p in _candidates(single) if _can(case, p, outputs)] if len(single) == len(uses) else []


def _candidates(uses: list[LayerUse]) -> list[Pair]:
    found = []
    for i, first in enumerate(uses[:-1]):
        second, norm = uses[i + 1], ""
        if isinstance(second.module, NORMS) and i + 2 < len(uses):
            second, norm = uses[i + 2], second.name
        both = isinstance(first.module, LAYERS) and isinstance(second.module, LAYERS)
        if both and _outputs(first.module) == _inputs(second.module) and _groups(first.module, second.module) == 1:
            found.append(Pair(first=first.name, second=second.name, norm=norm, width=_outputs(first.module)))
    return found


def _can(case: Case, pair: Pair, outputs: list[torch.Size]) -> bool:
    trial = setup_of(case).copy()
    try:
        widen(trial, pair, pair.width + 1)
        return _shapes(trial, case) == outputs
    except (RuntimeError, ValueError, TypeError, IndexError):  # something else counts on that width
        return False


def _shapes(setup: Setup, case: Case) -> list[torch.Size]:
    with torch.no_grad(), drawing_globally(case.seed, "cure"):
        found, _ = setup.forward(setup.model, case.ask(batches).first[0])
    return [t.shape for t in tensors_in(found)]


def widen(setup: Setup, pair: Pair, width: int) -> None:
    """Change ``setup`` (a copy) in place: new layers, drawn as PyTorch draws them."""
    model = setup.model
    first, second = model.get_submodule(pair.first), model.get_submodule(pair.second)
    new: dict[int, nn.Module] = {}
    with drawing_globally(setup.seed, "wider", pair.first):
        new[id(first)] = _like(first, _inputs(first), width)
        new[id(second)] = _like(second, width, _outputs(second))
        if pair.norm:
            norm: Any = model.get_submodule(pair.norm)
            new[id(norm)] = type(norm)(width).to(first.weight)
    exchange(setup, lambda name, module: new.get(id(module)))


def _like(old: Any, inputs: int, outputs: int) -> nn.Module:
    settings = {} if isinstance(old, nn.Linear) else {k: getattr(old, k) for k in CONV}
    made: nn.Module = type(old)(inputs, outputs, bias=old.bias is not None, **settings)
    return made.to(old.weight)


def _inputs(layer: Any) -> int:
    return int(layer.in_features if isinstance(layer, nn.Linear) else layer.in_channels)


def _outputs(layer: Any) -> int:
    return int(layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels)


def _groups(*layers: Any) -> int:
    return max(getattr(layer, "groups", 1) for layer in layers)
