"""The parameters of a model as a step finds and leaves them, and who holds them."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter
from torch.optim import Optimizer

from whet.watching.norms import is_finite, norms
from whet.watching.trace import ParameterSeen

__all__ = ["Before", "Weights"]

MOST_COPIED = 2**22  # values; of a larger parameter only some rows are copied to measure its update


@dataclass(kw_only=True)
class Before:
    """Parameters as they were before a step."""

    names: list[str]
    params: list[nn.Parameter]
    weights: list[float]  # norms
    copies: list[Tensor]
    gradients: dict[str, float] = field(default_factory=dict)  # norms, of the parameters that have one


class Weights:
    """Keeps names and what was seen of each; holds no copy of the model.

    Args:
        extra: parameters that the optimisers may hold though the model has them not: those of a loss.
    """

    def __init__(
        self, model: nn.Module, optimizers: Sequence[Optimizer], *, extra: Iterable[nn.Parameter] = ()
    ) -> None:
        self._model, self._optimizers, self._extra = model, optimizers, {id(p) for p in extra}
        self.named: dict[str, nn.Parameter] = {}
        self._sums: dict[str, int] = {}
        self._moved: set[str] = set()
        self._trainable: set[str] = set()  # ever
        self._held: set[str] = set()  # ever

    def refresh(self) -> None:
        """Look anew at what the model has, what is trainable and who holds it; layers may come and thaw on the way."""
        self.named = {n: p for n, p in self._model.named_parameters() if not isinstance(p, UninitializedParameter)}
        holders = {id(p) for o in self._optimizers for p in _params(o)}
        self._trainable |= {n for n, p in self.named.items() if p.requires_grad}
        self._held |= {n for n, p in self.named.items() if id(p) in holders}
        for name, param in self.named.items():
            if name not in self._sums:
                self._sums[name] = _checksum(param)

    def of(self, optimizer: Optimizer) -> dict[str, nn.Parameter]:
        """Trainable parameters of the model that ``optimizer`` holds, or nobody."""
        mine = {id(p) for p in _params(optimizer)}
        return {n: p for n, p in self.named.items() if p.requires_grad and (id(p) in mine or n not in self._held)}

    def before(self, optimizer: Optimizer) -> Before:
        """Norms and copies before a step of ``optimizer``."""
        self.refresh()
        mine = self.of(optimizer)
        params = list(mine.values())
        return Before(names=list(mine), params=params, weights=norms(params), copies=[_part(p).clone() for p in params])

    def after(self, before: Before, *, scale: float) -> dict[str, ParameterSeen]:
        """What the step did. ``scale``: the factor that gradients still carry."""
        finite = [is_finite(copied, weight) for copied, weight in zip(before.copies, before.weights)]
        updates = norms(_differences(before))
        seen = {}
        for name, param, weight, update, copied, was_finite in zip(
            before.names, before.params, before.weights, updates, before.copies, finite
        ):
            norm = before.gradients.get(name)
            if update:
                self._moved.add(name)
            seen[name] = ParameterSeen(
                size=param.numel(),
                weight=weight,
                gradient=None if norm is None else norm / scale,
                update=update * (param.numel() / max(1, copied.numel())) ** 0.5,
                broken=not was_finite
                or (norm is not None and param.grad is not None and not is_finite(param.grad, norm)),
            )
        return seen

    @staticmethod
    def gradients(before: Before) -> dict[str, float]:
        """Norms of the gradients that are there."""
        mine = {n: p.grad for n, p in zip(before.names, before.params) if p.grad is not None}
        return dict(zip(mine, norms(list(mine.values()))))

    def unheld(self) -> tuple[str, ...]:
        """Trainable, and never held."""
        return tuple(n for n, p in self.named.items() if p.requires_grad and n not in self._held)

    def idle(self, stepped: Collection[int]) -> tuple[str, ...]:
        """Trainable, and held by none of the optimisers that stepped, which are given by their place."""
        others = [o for place, o in enumerate(self._optimizers) if place not in stepped]
        moved = {id(p) for place, o in enumerate(self._optimizers) if place in stepped for p in _params(o)}
        waiting = {id(p) for o in others for p in _params(o)} - moved
        return tuple(n for n, p in self.named.items() if p.requires_grad and id(p) in waiting) if stepped else ()

    def frozen(self) -> tuple[str, ...]:
        """Never trainable while the watching looked."""
        return tuple(n for n in self.named if n not in self._trainable)

    def foreign(self) -> int:
        """Parameters that optimisers hold and neither the model nor the loss has."""
        known = {id(p) for p in self._model.parameters()} | self._extra
        return len({id(p) for o in self._optimizers for p in _params(o)} - known)

    def never_moved(self) -> tuple[str, ...]:
        """Trainable and held, never seen to move, and bit for bit as at the beginning."""
        waiting = [n for n in self.named if n in self._trainable & self._held - self._moved]
        return tuple(n for n in waiting if _checksum(self.named[n]) == self._sums[n])


def _params(optimizer: Optimizer) -> list[nn.Parameter]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _differences(before: Before) -> list[Tensor]:
    """What the step changed, in the place of the copies: no more memory is asked for."""
    parts = [_part(p) for p in before.params]
    for part, copied in zip(parts, before.copies):
        copied.sub_(part)
    return before.copies


def _part(param: nn.Parameter) -> Tensor:
    """The parameter itself, or evenly spread rows of a large one."""
    values = param.detach()
    if values.numel() <= MOST_COPIED or values.ndim == 0:
        return values
    return values[:: min(values.shape[0], -(-values.numel() // MOST_COPIED))]


def _checksum(param: nn.Parameter) -> int:
    with torch.no_grad():
        values = param.detach()
        if values.is_complex():
            values = torch.view_as_real(values)
        return zlib.crc32(values.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
