"""The weights of several networks of one architecture as one stack, and the networks as windows on it.

Each network keeps working by itself (evaluation, averaging, saving), because its parameters and buffers are views of
the stack: what a step changes in the stack, the networks see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from whet.data.inputs import Batch
from whet.models.architecture import Architecture
from whet.training.together_dropout import GivenMasks, Mask, NotedMasks, draw_masks
from whet.training.together_graph import traced

__all__ = ["Stack"]


class Stack:
    """k networks side by side.

    Shapes (k = networks, B = batch): parts (k, B, ...) -> outputs (k, B, K), or (k, B, M, K) with M members each.
    """

    def __init__(self, models: Sequence[Architecture]) -> None:
        self.models = list(models)
        self.parameters = {n: nn.Parameter(_joined(models, n)) for n, _ in models[0].named_parameters()}
        self.buffers = {n: _joined(models, n) for n, _ in models[0].named_buffers()}
        self._replays: dict[tuple[tuple[int, ...], ...], tuple[list[Mask], Callable[..., Tensor]]] = {}

    def decayed(self) -> list[nn.Parameter]:
        """The stacked parameters that weight decay applies to."""
        first = self.models[0]
        ids = {id(p) for p in first.decayed()}
        return [self.parameters[n] for n, p in first.named_parameters() if id(p) in ids]

    def __call__(self, batch: Batch, generators: Sequence[torch.Generator]) -> Tensor:
        """Outputs in training mode; dropout of each network draws from its own generator."""
        parts = [batch[name] for name in self.models[0].parts]
        key = tuple(tuple(part.shape) for part in parts)
        if key not in self._replays:
            self._replays[key] = self._trace(parts)
        wanted, replay = self._replays[key]
        masks = draw_masks(wanted, generators)
        return replay(*self.parameters.values(), *self.buffers.values(), *masks, *parts)

    def _trace(self, parts: list[Tensor]) -> tuple[list[Mask], Callable[..., Tensor]]:
        """The masks that a forward pass asks for, and the pass itself; buffers are not touched."""
        model = self.models[0].train()
        names = [tuple(given) for given in (self.parameters, self.buffers, model.parts)]
        alone = [{n: t[0].clone() for n, t in kept.items()} for kept in (self.parameters, self.buffers)]
        with torch.no_grad(), NotedMasks() as noting:
            functional_call(model, (alone[0], alone[1]), (dict(zip(names[2], (part[0] for part in parts))),))
        counts = [len(names[0]), len(names[1]), len(noting.noted)]

        def one(*flat: Tensor) -> Tensor:
            weights, rest = flat[: counts[0]], flat[counts[0] :]
            buffers, rest = rest[: counts[1]], rest[counts[1] :]
            masks, inputs = rest[: counts[2]], rest[counts[2] :]
            state = (dict(zip(names[0], weights)), dict(zip(names[1], buffers)))
            with GivenMasks(masks):
                outputs: Tensor = functional_call(model, state, (dict(zip(names[2], inputs)),))
            return outputs

        masks = draw_masks(noting.noted, [torch.Generator() for _ in self.models])
        copies = [b.clone() for b in self.buffers.values()]
        flat = [*(p.detach() for p in self.parameters.values()), *copies, *masks, *parts]
        return noting.noted, traced(vmap(one), flat)


def _joined(models: Sequence[Architecture], name: str) -> Tensor:
    """(k, ...) of the tensors called ``name``, which become views of it."""
    owner, _, last = name.rpartition(".")
    tensors = [getattr(model.get_submodule(owner), last) for model in models]
    stack = torch.stack([t.detach() for t in tensors])
    for tensor, own in zip(tensors, stack.unbind(), strict=True):
        tensor.data = own
    return stack
