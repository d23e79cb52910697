"""The layer that makes the outputs: the last linear layer or convolution that runs and is as wide as they are."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.tensors import tensors_in
from whet.rng import drawing_globally

__all__ = ["last_layer"]

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def last_layer(case: Case) -> tuple[str, nn.Module] | None:
    """Its dotted name and the user's own module; None where there is none, or its width is not the outputs'."""
    setup, ran = setup_of(case).copy(), list[tuple[str, nn.Module]]()
    for name, module in setup.model.named_modules():
        if name and isinstance(module, LAYERS):
            module.register_forward_hook(_noting(name, ran))
    with torch.no_grad(), drawing_globally(case.seed, "cure"):
        outputs, _ = setup.forward(setup.model, case.ask(batches).first[0])
    found: list[Tensor] = tensors_in(outputs)
    if not ran or not found:
        return None
    name, layer = ran[-1]
    width = layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels
    is_end = width in found[0].shape[1:] or (width == 1 and found[0].ndim == 1)
    return (name, setup_of(case).model.get_submodule(name)) if is_end else None


def _noting(name: str, into: list[tuple[str, nn.Module]]) -> Any:
    def note(module: nn.Module, args: Any, output: Any) -> None:
        into.append((name, module))

    return note
