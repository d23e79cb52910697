"""Records a training from outside, whoever's loop it is, and changes nothing.

Steps are seen by the optimiser's own hooks; calls of the model, of losses, of ``backward`` and of schedulers by taps on
classes and modules of functions (``taps``), which are taken away at the end of the block. Hooks on layers exist only
during the forward passes that are looked at. ``torch.autograd.backward`` is where ``Tensor.backward`` ends too, so the
value of any loss is seen at every step. Only the thread that entered the block is watched.

What costs is measured, and details wait until the share of time allows them (``pacing``).
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.hooks import RemovableHandle

from whet.errors import CannotJudgeError
from whet.watching.bound_losses import tap_losses
from whet.watching.forwards import Forwards
from whet.watching.pacing import OwnWork, Pacing
from whet.watching.scaling import Scaling
from whet.watching.schedule_calls import ScheduleCalls
from whet.watching.steps import Steps
from whet.watching.taps import Taps
from whet.watching.trace import LossSeen, Trace
from whet.watching.weights import Weights
from whet.watching.window import Window, value_of

__all__ = ["Recorder"]


class Recorder:
    """Watches the training inside ``with``.

    Args:
        model: a module; a ``ModuleList`` or ``ModuleDict`` stands for the modules in it.
        optimizer: one, or several that train parts of the model.
        loss: the user's, if a module: its own parameters then belong here, and its value is seen without ``backward``.
        scheduler: one of a kind that PyTorch does not have; others are found.
        loader: of the training batches; only its length is asked.
        share: of wall time that the watching may take in the long run, in [0, 1).
        whole: look at every step, whatever it costs.
    Raises:
        CannotJudgeError: the model is no module, or an optimiser none of PyTorch's kind.

    >>> model = nn.Linear(2, 1)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> with Recorder(model, optimizer) as recorder:
    ...     model(torch.ones(4, 2)).mean().backward()
    ...     optimizer.step()
    >>> [(s.num_examples, s.num_backward, s.starts_clean) for s in recorder.trace().steps]
    [(4, 1, True)]
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer | Sequence[Optimizer],
        *,
        loss: Any = None,
        scheduler: Any = None,
        loader: Any = None,
        share: float = 0.03,
        whole: bool = False,
    ) -> None:
        if not isinstance(model, nn.Module):
            raise CannotJudgeError(f"cannot watch a model of type {type(model).__name__}: give a torch.nn.Module")
        optimizers = [optimizer] if isinstance(optimizer, Optimizer) else _listed(optimizer)
        self._own, self._pacing = OwnWork(), Pacing(share=share, whole=whole)
        self._model, self._optimizers, self._loss = _unwrapped(model), optimizers, loss
        extra = loss.parameters() if isinstance(loss, nn.Module) else ()
        self._weights = Weights(self._model, optimizers, extra=extra)
        self._forwards = Forwards(model, self._own)
        self._steps = Steps(self._weights, self._own, self._pacing, optimizers, length=_length(loader))
        self._schedule = ScheduleCalls(scheduler, optimizers)
        self._scaling = Scaling()
        self._taps, self._handles = Taps(), list[RemovableHandle]()
        self._window = Window(looked_at=True, previous_end=0.0)
        self._in_backward = False
        self._in_step: int | None = None  # the optimiser
        self._thread = 0
        self._begin, self._end = 0.0, 0.0
        self._final: Trace | None = None
        self.num_backward = 0

    @property
    def trouble(self) -> str:
        """Why the watching ended early; empty where it did not."""
        return self._own.trouble

    def __enter__(self) -> Self:
        if self._thread:
            raise CannotJudgeError("a recorder watches one block; make another for the next")
        self._thread = threading.get_ident()
        self._begin = time.perf_counter()
        self._steps.begin = self._begin
        self._window = self._new_window()
        with self._own:
            self._weights.refresh()
        try:
            self._place()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()
        with self._own:
            self._close()
            self._final = self._traced()
        if self.trouble:
            warnings.warn(f"Whet stopped watching this training: {self.trouble}", stacklevel=2)

    def trace(self) -> Trace:
        """What was seen, up to now or up to the end of the block."""
        return self._final or self._traced()

    def _place(self) -> None:
        self._forwards.watch(self._taps, self._call)
        if isinstance(self._loss, nn.Module):
            self._taps.place(type(self._loss), "__call__", self._lossy)
        tap_losses(self._taps, wants=self._wants_losses, note=self._note_loss)
        self._taps.place(torch.autograd, "backward", self._backward)
        self._scaling.watch(self._taps)
        self._schedule.watch(self._taps)
        self._handles.append(register_optimizer_step_pre_hook(self._before_other))
        for optimizer in self._optimizers:
            self._handles.append(optimizer.register_step_pre_hook(self._before_step))
            self._handles.append(optimizer.register_step_post_hook(self._after_step))

    def _remove(self) -> None:
        self._taps.remove()
        while self._handles:
            self._handles.pop().remove()

    def _listens(self) -> bool:
        if self._own.trouble or torch._C._are_functorch_transforms_active():  # whose values cannot be read
            return False
        return threading.get_ident() == self._thread

    def _new_window(self) -> Window:
        now = time.perf_counter()
        look = self._pacing.looks(self._steps.count, spent_s=self._own.seconds, elapsed_s=now - self._begin)
        return Window(looked_at=look, previous_end=now)

    def _open(self) -> Window:
        """The window of what happens now: a new one once an optimiser has stepped."""
        if self._window.stepped:
            self._close()
        return self._window

    def _close(self) -> None:
        previous = self._window
        self._forwards.end_window(previous)
        self._steps.end_window(previous)
        self._window = self._new_window()
        self._window.previous_end = self._steps.last_end or self._begin

    def _call(self, proceed: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._in_backward or not self._listens() or not self._forwards.concerns(args[0]):
            return proceed(*args, **kwargs)
        if not torch.is_grad_enabled():
            self._forwards.note_without_gradients()
            return self._forwards.go_inside(proceed, args, kwargs)
        with self._own:
            window = self._open()
            look = self._forwards.begin(args[0], args[1:], kwargs, window)
        if self._own.trouble:
            return proceed(*args, **kwargs)
        if look is None:
            result = self._forwards.go_inside(proceed, args, kwargs)
        else:
            with look:
                result = self._forwards.go_inside(proceed, args, kwargs)
        with self._own:
            self._forwards.end(result, window)
        return result

    def _lossy(self, proceed: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = proceed(*args, **kwargs)
        if args[0] is self._loss and torch.is_grad_enabled() and not self._in_backward and self._listens():
            with self._own:
                window = self._open()
                window.loss_value = value_of(result)
                if window.looked_at and window.latest_call is None and isinstance(result, Tensor):
                    window.latest_call = _custom(self._loss, args[1:], result)
        return result

    def _wants_losses(self) -> bool:
        return not self._in_backward and torch.is_grad_enabled() and self._listens()

    def _note_loss(self, describe: Callable[[], LossSeen]) -> None:
        with self._own, torch._C.DisableTorchFunction():
            window = self._open()
            if window.looked_at and window.latest_call is None:
                window.latest_call = describe()

    def _backward(self, proceed: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._in_backward or not self._listens():
            return proceed(*args, **kwargs)
        looks = False
        with self._own:
            self.num_backward += 1
            losses = args[0] if args else kwargs.get("tensors")
            values = [self._scaling.value_of(t) for t in ([losses] if isinstance(losses, Tensor) else losses or ())]
            window = self._open()
            window.begin_backward(self._optimizers, values, inside=self._in_step is not None)
            self._steps.check_early(window)
            looks = window.looked_at and self._in_step is None
            if looks:
                window.discarding.before_backward(window.inputs)
        self._in_backward = True
        try:
            result = proceed(*args, **kwargs)
        finally:
            self._in_backward = False
        if looks and not self._own.trouble:
            with self._own:
                window.discarding.after_backward(self._optimizers)
        return result

    def _before_other(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """An optimiser that is not watched may use the gradients too."""
        if not any(optimizer is mine for mine in self._optimizers) and self._listens():
            self._window.discarding.is_used_otherwise = True

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not self._listens():
            return
        with self._own:
            if id(optimizer) in self._window.stepped:
                self._close()
            self._in_step = id(optimizer)
            self._steps.before(optimizer, self._window)

    def _after_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not self._listens():
            return
        with self._own:
            self._in_step = None
            self._steps.after(optimizer, self._window)
            self._window.stepped.add(id(optimizer))
            self._forwards.look_for_parts(self._window)

    def _traced(self) -> Trace:
        now = time.perf_counter()
        steps = self._steps.finished()
        return Trace(
            steps=steps,
            rates_by_epoch=tuple(self._steps.epoch_rates),
            steps_per_epoch=self._steps.per_epoch(),
            num_forward_only=self._forwards.num_forward_only(self._window),
            evaluates_in_training_mode=self._forwards.num_in_training_mode > 0,
            unheld=self._weights.unheld(),
            foreign=self._weights.foreign(),
            never_moved=self._weights.never_moved() if steps else (),
            idle=self._weights.idle(self._steps.stepped),
            frozen=self._weights.frozen(),
            scheduler_steps=self._schedule.count,
            threads=torch.get_num_threads(),
            seconds=now - self._begin if self._begin else 0.0,
            overhead_s=self._own.seconds,
            num_backward=self.num_backward,
            passes_in_training_mode=self._forwards.num_in_training_mode,
        )


def _listed(optimizers: Any) -> list[Optimizer]:
    found = list(optimizers) if isinstance(optimizers, list | tuple) else [optimizers]
    for optimizer in found:
        if not isinstance(optimizer, Optimizer):
            kind = type(optimizer).__name__
            raise CannotJudgeError(
                f"cannot watch an optimizer of type {kind}: give a torch.optim.Optimizer, or a list of them"
            )
    return found


def _unwrapped(model: nn.Module) -> nn.Module:
    inner = getattr(model, "_orig_mod", model)  # what torch.compile returns
    return inner if isinstance(inner, nn.Module) else model


def _length(loader: Any) -> int | None:
    try:
        return len(loader) or None
    except TypeError:  # None, or an iterable without a length
        return None


def _custom(loss: nn.Module, given: tuple[Any, ...], result: Tensor) -> LossSeen:
    """A loss of the user's own that calls none of PyTorch's."""
    shapes = [tuple(t.shape) for t in given if isinstance(t, Tensor)]
    return LossSeen(
        function=type(loss).__name__,
        outputs=shapes[0] if shapes else (),
        targets=shapes[1] if len(shapes) > 1 else (),
        value=float(result.detach().double().mean()),
        is_detached=not result.requires_grad,
    )
