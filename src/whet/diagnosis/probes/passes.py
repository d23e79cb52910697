"""One batch through the model: what the model was given, what came out, which loss was called and its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.label_range import labels_do_not_fit
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally
from whet.watching.loss_calls import LossCalls
from whet.watching.trace import LossSeen

__all__ = ["Pass", "first_pass", "run_batch", "tensors_in"]


@dataclass(frozen=True, kw_only=True)
class Pass:
    """Outputs and loss carry their graph, so gradients can be asked for; the model is the one that was passed in."""

    args: tuple[Any, ...]  # as the model's forward was called
    kwargs: Mapping[str, Any]
    outputs: Any
    targets: Any
    loss: Tensor
    calls: tuple[LossSeen, ...]  # PyTorch's loss functions that the loss called
    given: tuple[tuple[Tensor, Tensor], ...]  # (outputs, targets) of those calls


def run_batch(setup: Setup, batch: Any, *, seed: int = 0) -> Pass:
    """Forward and loss in the mode the model is in; draws (dropout) come from the stream of ``seed``.

    The model's buffers (running means) move as in any forward pass: hand over a copy.

    Raises:
        CannotJudgeError: a label is out of range; the rules on labels say which.
    """
    caught: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def catch(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        caught.append((args, kwargs))

    handle = setup.model.register_forward_pre_hook(catch, with_kwargs=True)
    try:
        with drawing_globally(seed, "probe"):
            outputs, targets = setup.forward(setup.model, batch)
            if labels_do_not_fit(setup.loss, outputs, targets):
                raise CannotJudgeError("some labels have no place among the outputs, so the loss cannot be computed")
            with LossCalls() as calls:
                try:
                    loss = setup.loss(outputs, targets)
                except IndexError as error:
                    raise CannotJudgeError(f"the loss raises IndexError: {error}") from error
    finally:
        handle.remove()
    args, kwargs = caught[0] if caught else ((), {})
    return Pass(
        args=args,
        kwargs=kwargs,
        outputs=outputs,
        targets=targets,
        loss=loss,
        calls=tuple(calls.seen),
        given=tuple(calls.tensors),
    )


def first_pass(case: Case) -> Pass:
    """The first batch through a copy of the model in training mode, before any training by Whet."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    setup = case.setup.copy()
    setup.model.train()
    return run_batch(setup, case.ask(batches).first[0], seed=case.seed)


def tensors_in(value: Any) -> list[Tensor]:
    """Every tensor in nested tuples, lists and mappings, in order.

    >>> import torch
    >>> len(tensors_in((torch.zeros(1), {"a": [torch.zeros(1), 3]})))
    2
    """
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Mapping):
        return [t for v in value.values() for t in tensors_in(v)]
    if isinstance(value, list | tuple):
        return [t for v in value for t in tensors_in(v)]
    return []
