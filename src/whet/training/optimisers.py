"""Which optimiser moves which parameter, and weight decay: decoupled, the same for all of them.

Source of the decay: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019. It is applied here, before
each step, so that SGD and Muon decay exactly as AdamW does.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from whet.models.architecture import Architecture
from whet.recipe import Optimiser
from whet.training.adamw import AdamW
from whet.training.muon import Muon

__all__ = ["Optimisers", "build_optimisers", "optimisers_over"]

_MATRICES = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


Part = torch.optim.Optimizer | AdamW


class Optimisers:
    """One or two optimisers that together move every trainable parameter once."""

    def __init__(self, parts: list[Part], *, decayed: list[nn.Parameter], weight_decay: float = 0.0) -> None:
        names = {id(p) for p in decayed}
        self.parts = parts
        self.weight_decay = weight_decay
        self._peaks = [float(part.param_groups[0]["lr"]) for part in parts]
        self._decayed: list[list[Tensor]] = [[p for p in _parameters(part) if id(p) in names] for part in parts]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Decay and move all parameters with ``rate`` times their peak learning rates, then drop the gradients."""
        for part, peak, decayed in zip(self.parts, self._peaks, self._decayed):
            lr = part.param_groups[0]["lr"] = peak * rate
            if self.weight_decay:
                moved = [p for p in decayed if p.grad is not None]  # what is held does not shrink either
                if moved:
                    torch._foreach_mul_(moved, 1 - lr * self.weight_decay)
            part.step()
            for parameter in _parameters(part):
                parameter.grad = None  # what zero_grad does, without its profiler hooks: a fifth of a small step

    def tensors(self) -> dict[str, Tensor]:
        """Momenta and step counts by optimiser, parameter and name; references, not copies."""
        return {
            f"{i}.{j}.{name}": value
            for i, part in enumerate(self.parts)
            for j, parameter in enumerate(_parameters(part))
            for name, value in part.state[parameter].items()
            if value is not None
        }

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Put copies of what ``tensors`` gave in place."""
        for part in self.parts:
            part.state.clear()
        for key, value in tensors.items():
            i, j, name = key.split(".", 2)
            parameter = _parameters(self.parts[int(i)])[int(j)]
            self.parts[int(i)].state[parameter][name] = _like(parameter, value)
        for part in self.parts:
            if isinstance(part, AdamW):
                part.loaded()


def build_optimisers(
    model: Architecture, settings: Optimiser, *, weight_decay: float = 0.0, layer_decay: float = 1.0
) -> Optimisers:
    """What ``settings`` asks for, over the trainable parameters of ``model``; its ``decayed()`` ones shrink.

    With ``layer_decay`` below 1 each group of layers has a rate of its own (discriminative learning rates,
    Howard & Ruder, ACL 2018), the head the full one.
    """
    groups = model.layer_groups() if layer_decay < 1 else [list(model.parameters())]
    hidden = {id(p) for p in _hidden_matrices(model)} if settings.name == "muon" else set()
    parts: list[Part] = []
    for depth, group in enumerate(reversed(groups)):
        trainable = [p for p in group if p.requires_grad]
        parts += _parts(trainable, settings, hidden, scale=layer_decay**depth)
    return Optimisers(parts, decayed=model.decayed(), weight_decay=weight_decay)


def optimisers_over(
    parameters: list[nn.Parameter], settings: Optimiser, *, decayed: list[nn.Parameter], weight_decay: float
) -> Optimisers:
    """AdamW or SGD over parameters that belong to no one network."""
    assert settings.name != "muon"
    return Optimisers(_parts(parameters, settings, set(), scale=1.0), decayed=decayed, weight_decay=weight_decay)


def _parts(trainable: list[nn.Parameter], settings: Optimiser, hidden: set[int], *, scale: float) -> list[Part]:
    lr, momentum = settings.lr * scale, settings.momentum
    if not trainable:
        return []
    if settings.name == "sgd":
        return [torch.optim.SGD(trainable, lr=lr, momentum=momentum, nesterov=momentum > 0, fused=True)]
    if settings.name == "adamw":
        return [_adamw(trainable, lr)]
    matrices = [p for p in trainable if id(p) in hidden]
    others = [p for p in trainable if id(p) not in hidden]
    parts: list[Part] = [Muon(matrices, lr=lr, momentum=momentum)] if matrices else []
    return parts + ([_adamw(others, settings.other_lr * scale)] if others else [])


def _adamw(parameters: list[nn.Parameter], lr: float) -> Part:
    if len({(p.device, p.dtype) for p in parameters}) == 1:
        return AdamW(parameters, lr=lr)
    return torch.optim.AdamW(parameters, lr=lr, weight_decay=0.0, fused=True)


def _hidden_matrices(model: Architecture) -> list[nn.Parameter]:
    """Weights of linear and convolutional layers outside the head."""
    head = {id(p) for p in model.head.parameters()}
    weights = {id(m.weight) for m in model.modules() if isinstance(m, _MATRICES)} - head
    return [p for p in model.parameters() if p.requires_grad and id(p) in weights]


def _parameters(part: Part) -> list[nn.Parameter]:
    found: list[nn.Parameter] = part.param_groups[0]["params"]
    return found


def _like(parameter: Tensor, value: Tensor) -> Tensor:
    """A copy with the parameter's strides: fused kernels walk both through memory side by side."""
    if value.shape == parameter.shape:
        return torch.empty_like(parameter, requires_grad=False).copy_(value)
    return value.clone().to(parameter.device)
