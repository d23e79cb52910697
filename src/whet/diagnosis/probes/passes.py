"""One batch through the model: what the model was given, what came out, which loss was called and its value."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.label_range import labels_do_not_fit
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally
from whet.watching.loss_calls import LOSSES, LossCalls
from whet.watching.trace import LossSeen

__all__ = ["Pass", "first_pass", "run_batch", "timed_first_pass"]


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
    options: Mapping[str, Any] = field(default_factory=dict)  # how the first of those calls was told to count


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
            with LossCalls() as calls, _Options() as options:
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
        options=options.found.get(calls.seen[0].function, {}) if calls.seen else {},
    )


class _Options(TorchFunctionMode):
    """Notes what PyTorch's loss functions were told of which targets count, and in what form outputs come."""

    NAMES = ("ignore_index", "log_input")

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, Any]] = {}  # by function, of its first call

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Pass the call on."""
        name, kwargs = getattr(func, "__name__", ""), dict(kwargs or {})
        if name in LOSSES and name not in self.found:
            self.found[name] = _named(func, args, kwargs, self.NAMES)
        return func(*args, **kwargs)


def _named(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], names: tuple[str, ...]
) -> dict[str, Any]:
    try:
        bound = inspect.signature(func).bind(*args, **kwargs)
    except (TypeError, ValueError):  # a builtin without a signature
        return {}
    bound.apply_defaults()
    return {name: bound.arguments[name] for name in names if name in bound.arguments}


def first_pass(case: Case) -> Pass:
    """The first batch through a copy of the model in training mode, before any training by Whet."""
    return case.ask(timed_first_pass)[0]


def timed_first_pass(case: Case) -> tuple[Pass, float]:
    """The same with the seconds that it took."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    setup, batch = case.setup.copy(), case.ask(batches).first[0]
    setup.model.train()
    began = time.monotonic()
    return run_batch(setup, batch, seed=case.seed), time.monotonic() - began
