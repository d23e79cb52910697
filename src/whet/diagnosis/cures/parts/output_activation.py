"""The activation whose result goes straight into the loss, and a forward pass or loss that leaves it out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from whet.diagnosis.cures.parts.interception import Call, Intercepting
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Forward, Loss, Setup
from whet.rng import drawing_globally
from whet.watching.loss_calls import LOSSES

__all__ = ["ACTIVATIONS", "Found", "output_activation", "without"]

ACTIVATIONS = frozenset(
    {"softmax", "log_softmax", "sigmoid", "tanh", "relu", "relu6", "leaky_relu", "elu", "gelu", "silu"}
    | {"hardtanh", "hardsigmoid", "softplus", "logsigmoid"}
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """Where the activation is."""

    name: str  # of the function
    index: int  # which call of an activation it is
    inside: Literal["forward", "loss"]
    module: str = ""  # dotted name where it is a module
    loss: str = ""  # name of the loss function that gets its result


@dataclass(frozen=True, kw_only=True)
class _ForwardWithout:
    forward: Forward
    index: int

    def __call__(self, model: nn.Module, batch: Any) -> tuple[Any, Any]:
        with Intercepting(ACTIVATIONS, lambda call: call.outputs if call.index == self.index else call.make()):
            return self.forward(model, batch)


@dataclass(frozen=True, kw_only=True)
class _LossWithout:
    loss: Loss
    index: int

    def __call__(self, outputs: Any, targets: Any) -> Tensor:
        with Intercepting(ACTIVATIONS, lambda call: call.outputs if call.index == self.index else call.make()):
            return self.loss(outputs, targets)


def without(setup: Setup, found: Found) -> Setup:
    """``setup`` with that one call answered by its own input."""
    if found.inside == "forward":
        return replace(setup, forward=_ForwardWithout(forward=setup.forward, index=found.index))
    return replace(setup, loss=_LossWithout(loss=setup.loss, index=found.index))


def output_activation(setup: Setup, batch: Any) -> Found | None:
    """Look for it in one pass. ``setup`` is a copy: its running means move."""
    seen: list[tuple[Literal["forward", "loss"], Call, Tensor]] = []
    modules: list[tuple[str, Tensor]] = []
    given: list[Call] = []
    handles = [m.register_forward_hook(_noting(name, modules)) for name, m in setup.model.named_modules() if name]
    try:
        with torch.no_grad(), drawing_globally(setup.seed, "cure"):
            with Intercepting(ACTIVATIONS, lambda call: _run(call, "forward", seen)):
                outputs, targets = setup.forward(setup.model, batch)
            with (
                Intercepting(ACTIVATIONS, lambda call: _run(call, "loss", seen)),
                Intercepting(LOSSES, lambda call: _note_loss(call, given)),
            ):
                setup.loss(outputs, targets)
    finally:
        for handle in handles:
            handle.remove()
    results = [given[0].outputs] if given else tensors_in(outputs)[:1]
    where = _storage(results[0]) if results else None
    for inside, call, result in reversed(seen):
        if _storage(result) == where:
            name = next((n for n, t in reversed(modules) if _storage(t) == where and _is_leaf(setup.model, n)), "")
            loss = given[0].name if given else ""
            return Found(name=call.name, index=call.index, inside=inside, module=name, loss=loss)
    return None


def _run(call: Call, inside: Literal["forward", "loss"], seen: list[Any]) -> Any:
    result = call.make()
    seen.append((inside, call, result))
    return result


def _note_loss(call: Call, given: list[Call]) -> Tensor:
    """Not carried out: labels out of range would make it fail."""
    given.append(call)
    return call.outputs.sum()


def _noting(name: str, into: list[tuple[str, Tensor]]) -> Any:
    def note(module: nn.Module, args: Any, output: Any) -> None:
        if isinstance(output, Tensor):
            into.append((name, output))

    return note


def _is_leaf(model: nn.Module, name: str, activations: Collection[str] = ACTIVATIONS) -> bool:
    module = model.get_submodule(name)
    return next(module.children(), None) is None and module.__class__.__name__.lower() in {
        a.replace("_", "") for a in activations
    }


def _storage(tensor: Tensor) -> int:
    """Views share it: a squeeze after a sigmoid still shows the sigmoid's result."""
    return tensor.untyped_storage().data_ptr()
