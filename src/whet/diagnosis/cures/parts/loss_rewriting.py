"""The user's loss with the calls that it makes of PyTorch's loss functions changed, and what those calls are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.cures.parts.interception import Call, Intercepting
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Loss
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally
from whet.watching.loss_calls import LOSSES

__all__ = ["Rewritten", "all_targets", "first_call", "loss_call"]


@dataclass(frozen=True, kw_only=True)
class Rewritten:
    """Calls ``loss`` with every call of a loss function of PyTorch passed through ``rewrite``."""

    loss: Loss
    rewrite: Callable[[Call], Call]

    def __call__(self, outputs: Any, targets: Any) -> Tensor:
        """The changed loss."""
        with Intercepting(LOSSES, lambda call: self.rewrite(call).make()):
            return self.loss(outputs, targets)


class _SeenError(Exception):
    """Ends a loss as soon as it has shown its call: labels out of range would make the call itself fail."""


def loss_call(case: Case) -> Call:
    """The first call of a loss function for the first batch, not carried out.

    Raises:
        CannotJudgeError: the loss calls none of PyTorch's loss functions.
    """
    call = first_call(case, case.ask(batches).first[0])
    if call is None or not isinstance(call.outputs, Tensor) or not isinstance(call.targets, Tensor):
        raise CannotJudgeError("the loss calls none of PyTorch's loss functions, so it cannot be changed from outside")
    return call


def first_call(case: Case, batch: Any) -> Call | None:
    """The same for any batch; None where no loss function of PyTorch is called."""
    setup = setup_of(case).copy()
    setup.model.train()
    found: list[Call] = []

    def note(call: Call) -> Any:
        found.append(call)
        raise _SeenError

    with torch.no_grad(), drawing_globally(case.seed, "cure"):
        outputs, targets = setup.forward(setup.model, batch)
        try:
            with Intercepting(LOSSES, note):
                setup.loss(outputs, targets)
        except _SeenError:
            pass
    return found[0] if found else None


def all_targets(case: Case) -> Tensor:
    """Targets of the training batches read, as the loss function is given them, joined along the first axis."""
    call = case.ask(loss_call)
    found = [_targets_of(case, batch, call) for batch in case.ask(batches).first]
    return torch.cat(found)


def _targets_of(case: Case, batch: Any, like: Call) -> Tensor:
    """Read from the batch where it holds them as they are; the model runs only where it does not."""
    for tensor in reversed(tensors_in(batch)):
        if tensor.dtype == like.targets.dtype and tensor.shape[1:] == like.targets.shape[1:]:
            return tensor.detach().to(like.targets.device)
    call = first_call(case, batch)
    if call is None:
        raise CannotJudgeError("the loss does not call the same function for every batch")
    return call.targets.detach()
