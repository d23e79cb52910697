"""The last state of a recurrent layer in place of the first.

Helps: ``out[:, 0]`` where ``out[:, -1]`` was meant: the first state has seen one step of the sequence only.
Hurts: layers that read backwards on purpose.
Source: PyTorch documentation of ``nn.LSTM``, ``output``: the features of the last layer, for each step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.interception import Call, Intercepting
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.setup import Forward, Setup
from whet.finding import Finding
from whet.rng import drawing_globally

__all__ = ["ReadLastState"]


@dataclass(frozen=True, kw_only=True)
class ReadLastState:
    """Index 0 along the time of what a recurrent layer gives becomes -1."""

    title: str = "read the last state"

    def applies(self, case: Case) -> bool:
        """Where the first state alone is read."""
        return is_so(lambda: bool(case.ask(_read)))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The index."""
        return "out[:, -1]  # in place of out[:, 0]; without batch_first=True out[-1] in place of out[0]"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the index inside the forward pass."""
        need(case.ask(_read) > 0, "no recurrent layer is read at its first step alone")
        setup = setup_of(case).copy()
        return replace(setup, forward=_ReadLast(forward=setup.forward))


@dataclass(kw_only=True)
class _Reader:
    """One forward pass: notes what recurrent layers give, and answers when it is indexed."""

    states: list[tuple[Tensor, int]]  # output, axis of time
    count: int = 0  # reads of a first state

    def note(self, module: nn.Module, args: Any, output: Any) -> None:
        """As ``register_forward_hook`` calls it."""
        if isinstance(output, tuple) and isinstance(output[0], Tensor) and output[0].ndim == 3:
            self.states.append((output[0], 1 if getattr(module, "batch_first", False) else 0))

    def answer(self, call: Call) -> Any:
        """The same read at the last step, where it was the first."""
        given, index = call.args
        axis = next((axis for state, axis in self.states if state is given), None)
        places = index if isinstance(index, tuple) else (index,)
        if axis is None or len(places) <= axis or not _is_zero(places[axis]) or not _are_whole(places[:axis]):
            return call.make()
        self.count += 1
        return call.function(given, (*places[:axis], -1, *places[axis + 1 :]))


@dataclass(frozen=True, kw_only=True)
class _ReadLast:
    forward: Forward

    def __call__(self, model: nn.Module, batch: Any) -> tuple[Any, Any]:
        outputs, targets, _ = _run(self.forward, model, batch)
        return outputs, targets


def _run(forward: Forward, model: nn.Module, batch: Any) -> tuple[Any, Any, int]:
    """Outputs, targets, and how often a first state was read."""
    reader = _Reader(states=[])
    handles = [m.register_forward_hook(reader.note) for m in model.modules() if isinstance(m, nn.RNNBase)]
    try:
        with Intercepting({"__getitem"}, reader.answer):
            return *forward(model, batch), reader.count
    finally:
        for handle in handles:
            handle.remove()


def _is_zero(place: Any) -> bool:
    return isinstance(place, int) and not isinstance(place, bool) and place == 0


def _are_whole(places: tuple[Any, ...]) -> bool:
    return all(isinstance(p, slice) and p == slice(None) for p in places)


def _read(case: Case) -> int:
    setup = setup_of(case).copy()
    with torch.no_grad(), drawing_globally(case.seed, "cure"):
        return _run(setup.forward, setup.model, case.ask(batches).first[0])[2]


cures.register("read_last_state")(ReadLastState())
