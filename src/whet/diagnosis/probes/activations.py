"""Which units of ReLU-like layers never fire, and which sigmoids and tanhs are flat, over many examples at once.

Functions and modules alike are seen: ``nn.ReLU`` ends in ``torch.nn.functional``. What is inside an LSTM is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import ground
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.seen import trained
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Setup

__all__ = ["Activation", "activations", "activations_at_start", "record"]

_RECTIFIERS = {"relu", "relu_", "relu6", "threshold", "clamp_min", "clamp_min_"}
_SQUASHERS = {"sigmoid", "sigmoid_", "tanh", "tanh_", "hardsigmoid", "hardtanh"}


@dataclass(kw_only=True)
class Activation:
    """One call of a function in the forward pass, over all batches."""

    function: str  # "relu", "sigmoid", "tanh"
    where: str  # dotted name of the module that called it, and which of its calls where it makes several
    examples: int = 0
    fired: dict[int, Tensor] = field(default_factory=dict)  # by axis: (units,) bool, above 0 for some example
    flat: float = 0.0  # mean share of values whose derivative is below 1 % of its peak
    is_output: bool = False  # what the model gives back

    @property
    def dead(self) -> float:
        """Share of units that no example fired; where two axes may be the units, the smaller share."""
        return min((1.0 - float(f.float().mean()) for f in self.fired.values()), default=0.0)

    @property
    def units(self) -> int:
        """How many, at least."""
        return min((f.numel() for f in self.fired.values()), default=0)


def activations(case: Case) -> tuple[Activation, ...]:
    """After training: of the user's model where it was trained or watched, else of the copy that we trained."""
    setup = case.setup
    if setup is None or not (setup.was_trained or case.trace is not None):
        setup = trained(case).setup
    return record(setup.copy(), case)


def activations_at_start(case: Case) -> tuple[Activation, ...]:
    """Before the first step."""
    return record(case.ask(ground).setup.copy(), case)


def record(setup: Setup, case: Case) -> tuple[Activation, ...]:
    """Of one model, on the batches that losses are measured on, in evaluation mode but for batch norms."""
    setup.model.eval()
    for module in setup.model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.train()
    with _Calls(setup.model) as calls, torch.no_grad():
        for batch in case.ask(ground).measured:
            calls.begin()
            calls.end(run_batch(setup, batch, seed=setup.seed).outputs)
    return tuple(calls.found.values())


class _Calls(TorchFunctionMode):
    """Calls are told apart by the module that makes them and their order within one forward pass."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.found: dict[tuple[str, str, int], Activation] = {}
        self._inside: list[str] = []
        self._counts: dict[tuple[str, str], int] = {}
        self._last: tuple[Activation, Tensor] | None = None
        self._busy = False
        self._handles = [h for name, m in model.named_modules() for h in self._follow(name or "forward", m)]

    def _follow(self, name: str, module: nn.Module) -> tuple[Any, Any]:
        def enter(*_: Any) -> None:
            self._inside.append(name)

        def leave(*_: Any) -> None:
            self._inside.pop()

        return module.register_forward_pre_hook(enter), module.register_forward_hook(leave)

    def begin(self) -> None:
        """A forward pass begins."""
        self._counts.clear()
        self._last = None

    def end(self, outputs: Any) -> None:
        """It gave ``outputs``, perhaps as a view of what the last call gave."""
        if self._last is not None:
            activation, result = self._last
            activation.is_output |= any(t.data_ptr() == result.data_ptr() for t in tensors_in(outputs))

    def __exit__(self, *error: Any) -> None:
        for handle in self._handles:
            handle.remove()
        super().__exit__(*error)  # type: ignore[no-untyped-call]

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        outer, self._busy = self._busy, True
        try:
            result = func(*args, **(kwargs or {}))
        finally:
            self._busy = outer
        name = getattr(func, "__name__", "").rstrip("_")
        is_plain = name != "clamp_min" or (len(args) > 1 and args[1] == 0)
        watched = not outer and is_plain and bool(self._inside)
        if watched and name in _RECTIFIERS | _SQUASHERS and isinstance(result, Tensor):
            self._note(name, result.detach())
        return result

    def _note(self, name: str, result: Tensor) -> None:
        where = self._inside[-1]
        number = self._counts[where, name] = self._counts.get((where, name), 0) + 1
        label = where if number == 1 else f"{where}, call {number}"
        seen = self.found.setdefault((where, name, number), Activation(function=name, where=label))
        self._last = (seen, result)
        if result.ndim < 2 or not result.numel():
            return
        if name in _RECTIFIERS:
            _note_fired(seen, result)
        else:
            slope = 4 * result * (1 - result) if "sigmoid" in name else 1 - result**2
            flat = float((slope < 0.01).float().mean())
            seen.flat = (seen.flat * seen.examples + flat * len(result)) / (seen.examples + len(result))
        seen.examples += len(result)


def _note_fired(seen: Activation, result: Tensor) -> None:
    """Units are along axis 1; in (B, T, D) along the last, which looks the same as (B, C, T): there both are noted."""
    for axis in (1, 2) if result.ndim == 3 else (1,):
        fired = (result > 0).movedim(axis, 0).flatten(1).any(dim=1).cpu()
        before = seen.fired.get(axis)
        if before is None and seen.examples == 0:
            seen.fired[axis] = fired
        elif before is not None and before.shape == fired.shape:
            seen.fired[axis] = before | fired
        else:  # sequences of other lengths: this axis is time
            seen.fired.pop(axis, None)
