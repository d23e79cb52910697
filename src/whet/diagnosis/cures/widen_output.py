"""As many outputs as the targets need.

Helps: fewer outputs than classes, one output for several numbers. Hurts: nothing; outputs that are there stay.
Source: PyTorch documentation of ``nn.CrossEntropyLoss``: input (N, C).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.last_layer import last_layer
from whet.diagnosis.cures.parts.loss_rewriting import all_targets, loss_call
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.replacing import exchange
from whet.diagnosis.setup import Setup
from whet.finding import Finding
from whet.rng import drawing_globally

__all__ = ["WidenOutput"]


@dataclass(frozen=True, kw_only=True)
class WidenOutput:
    """The last linear layer or convolution gets the missing outputs, drawn as PyTorch draws them."""

    title: str = "give the last layer the right number of outputs"

    def applies(self, case: Case) -> bool:
        """Where the targets need another number than there is."""
        return is_so(lambda: _wanted(case) != _width(case) and last_layer(case) is not None)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """With the name of the layer and both numbers."""
        name, layer = last_layer(case) or ("the last layer", None)
        kind = "nn.Linear" if layer is None else f"nn.{type(layer).__name__}"
        return f"self.{name} = {kind}(..., {_wanted(case)})  # was {_width(case)}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Exchange the layer in a copy; the optimiser follows."""
        found, wanted = last_layer(case), _wanted(case)
        need(found is not None and wanted != _width(case), "the last layer cannot be found, or its width is right")
        assert found is not None
        setup, target = setup_of(case).copy(), found[0]
        old = setup.model.get_submodule(target)
        with drawing_globally(setup.seed, "wider output"):
            exchange(setup, lambda name, module: _wider(module, wanted) if module is old else None)
        return setup


def _wider(old: Any, wanted: int) -> nn.Module:
    new: Any
    if isinstance(old, nn.Linear):
        new = nn.Linear(old.in_features, wanted, bias=old.bias is not None)
    else:
        sizes = {k: getattr(old, k) for k in ("kernel_size", "stride", "padding", "dilation")}
        new = type(old)(old.in_channels, wanted, bias=old.bias is not None, **sizes)
    new = new.to(old.weight)
    num = min(wanted, len(old.weight))
    with torch.no_grad():
        new.weight[:num] = old.weight[:num]
        if old.bias is not None:
            new.bias[:num] = old.bias[:num]
    return cast(nn.Module, new)


def _width(case: Case) -> int:
    outputs = case.ask(loss_call).outputs
    return outputs.shape[1] if outputs.ndim > 1 else 1


def _wanted(case: Case) -> int:
    """By the loss function and the targets seen; the number there is where nothing speaks against it."""
    call, targets = case.ask(loss_call), case.ask(all_targets)
    if call.name in ("cross_entropy", "nll_loss"):
        num = targets.shape[1] if targets.is_floating_point() else int(targets.max()) + 1
        return max(num, _width(case)) if num > 1 else _width(case)
    like_targets = targets.shape[1] if targets.ndim == 2 else 1 if targets.ndim == 1 else _width(case)
    return like_targets if call.outputs.ndim <= 2 else _width(case)


cures.register("widen_output")(WidenOutput())
