"""The call inside ``forward`` at which an input is lost is left out.

Helps: an input that is overwritten by zeros, clipped to one value or multiplied by 0 on its way.
Hurts: inputs that are left out on purpose.
Source: Karpathy, "A Recipe for Training Neural Networks", 2019 (input-independent baseline).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.regrouping import num_examples, pick
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Forward, Setup
from whet.finding import Finding
from whet.rng import drawing_globally

__all__ = ["LetInputThrough"]


@dataclass(frozen=True, kw_only=True)
class LetInputThrough:
    """Found by two passes: a call whose argument differs between examples, and whose result of that shape does not."""

    title: str = "let the input through"

    def applies(self, case: Case) -> bool:
        """Where the outputs are the same for every example, and differ without that call."""
        return is_so(lambda: case.ask(_losing) is not None)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The name of the function."""
        found = case.ask(_losing)
        name = "the call" if found is None else found.name.strip("_")
        return f"take {name}(...) out of forward  # what it gives no longer depends on the input"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """That call gives its own argument."""
        found = case.ask(_losing)
        need(found is not None, "no call in the forward pass loses an input")
        assert found is not None
        setup = setup_of(case).copy()
        return replace(setup, forward=_Without(forward=setup.forward, index=found.index))


@dataclass(frozen=True, kw_only=True)
class _Lost:
    name: str
    index: int  # which call of the forward pass it is


@dataclass(frozen=True, kw_only=True)
class _Without:
    forward: Forward
    index: int

    def __call__(self, model: nn.Module, batch: Any) -> tuple[Any, Any]:
        with _Counting(skipped=self.index):
            return self.forward(model, batch)


class _Counting(TorchFunctionMode):
    """Notes every call that takes a tensor and gives one of its shape and kind; one of them gives its argument."""

    def __init__(self, skipped: int | None = None) -> None:
        super().__init__()
        self.calls: list[tuple[str, list[Tensor], Tensor]] = []
        self._skipped, self._count = skipped, -1

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """As ``TorchFunctionMode`` calls it."""
        result = func(*args, **(kwargs or {}))
        first = args[0] if args else None
        if not isinstance(result, Tensor) or not isinstance(first, Tensor):
            return result
        if result.shape != first.shape or result.dtype != first.dtype or result is first:
            return result
        self._count += 1
        if self._count == self._skipped:
            return first
        if self._skipped is None:
            given = [t.detach().clone() for t in tensors_in([list(args), dict(kwargs or {})])]
            self.calls.append((getattr(func, "__name__", "a function"), given, result.detach().clone()))
        return result


def _losing(case: Case) -> _Lost | None:
    batch = case.ask(batches).first[0]
    num = num_examples(batch)
    need(num is not None and num > 1, "the batch cannot be taken apart into examples")
    assert num is not None
    turned = pick(batch, torch.arange(num).flip(0))
    (one, outputs), (other, outputs_turned) = (_pass(setup_of(case).copy(), case, b) for b in (batch, turned))
    if not _same(outputs, outputs_turned) or [c[0] for c in one] != [c[0] for c in other]:
        return None
    for index, ((name, given, result), (_, given_turned, result_turned)) in enumerate(zip(one, other)):
        if torch.equal(given[0], given_turned[0]) or not torch.equal(result, result_turned):
            continue
        setups = [setup_of(case).copy() for _ in range(2)]
        trials = [replace(s, forward=_Without(forward=s.forward, index=index)) for s in setups]
        if not _same(*(_pass(t, case, b)[1] for t, b in zip(trials, (batch, turned)))):
            return _Lost(name=name, index=index)
    return None


def _pass(setup: Setup, case: Case, batch: Any) -> tuple[list[tuple[str, list[Tensor], Tensor]], list[Tensor]]:
    setup.model.eval()
    with torch.no_grad(), drawing_globally(case.seed, "cure"), _Counting() as seen:
        outputs, _ = setup.forward(setup.model, batch)
    return seen.calls, tensors_in(outputs)


def _same(one: list[Tensor], other: list[Tensor]) -> bool:
    return len(one) == len(other) and all(torch.equal(a, b) for a, b in zip(one, other))


cures.register("let_input_through")(LetInputThrough())
