"""What happens in a training, as it happens: calls of the model, of losses, of ``backward``, and steps.

A step that is not looked at passes through here too, so what every step costs is kept low: questions that end the
matter come first, and nothing is made that nobody will read.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.hooks import RemovableHandle

from whet.watching.bound_losses import tap_losses
from whet.watching.forwards import Forwards
from whet.watching.nesting import is_nested
from whet.watching.own_losses import own_loss
from whet.watching.pacing import OwnWork, Pacing
from whet.watching.scaling import Scaling
from whet.watching.steps import Steps
from whet.watching.taps import Taps
from whet.watching.trace import LossSeen
from whet.watching.window import Window, value_of

__all__ = ["Events"]


class Events:
    """Fills one window after the other and hands its steps on. Hears the thread that called ``place`` only.

    Args:
        loss: the user's; its value is seen without ``backward`` if it is a module.
    """

    def __init__(
        self,
        forwards: Forwards,
        steps: Steps,
        optimizers: Sequence[Optimizer],
        *,
        loss: Any,
        own: OwnWork,
        pacing: Pacing,
    ) -> None:
        self._forwards, self._steps, self._optimizers = forwards, steps, optimizers
        self._loss, self._own, self._pacing = loss, own, pacing
        self._scaling = Scaling()
        self._in_backward = False
        self._in_step: int | None = None  # the optimiser
        self._inner_steps = 0  # of the same optimiser inside that one
        self._thread = 0
        self.begin = 0.0
        self.num_backward = 0
        self.window = Window(looked_at=True, previous_end=0.0)

    def place(self, taps: Taps, handles: list[RemovableHandle]) -> None:
        """Begin to listen."""
        self._thread, self.begin = threading.get_ident(), self._steps.begin
        self.window = self._new_window()
        self._forwards.watch(taps, self._call)
        if isinstance(self._loss, nn.Module):
            taps.place(type(self._loss), "__call__", self._call_of_loss)
        tap_losses(taps, wants=self._wants_losses, note=self._note_loss)
        taps.place(torch.autograd, "backward", self._backward)
        self._scaling.watch(taps)
        handles.append(register_optimizer_step_pre_hook(self._before_other))
        for optimizer in self._optimizers:
            handles.append(optimizer.register_step_pre_hook(self._before_step))
            handles.append(optimizer.register_step_post_hook(self._after_step))

    def close(self) -> None:
        """The window is over; the next begins."""
        self._forwards.end_window(self.window)
        self._steps.end_window(self.window)
        self.window = self._new_window()
        self.window.previous_end = self._steps.last_end or self.begin

    def _listens(self) -> bool:
        if self._own.trouble or torch._C._are_functorch_transforms_active():  # whose values cannot be read
            return False
        return threading.get_ident() == self._thread

    def _new_window(self) -> Window:
        elapsed_s = time.perf_counter() - self.begin
        look = self._pacing.looks(self._steps.count, spent_s=self._own.seconds, elapsed_s=elapsed_s)
        return Window(looked_at=look, previous_end=self._own.clock())

    def _open(self) -> Window:
        """The window of what happens now: a new one once an optimiser has stepped."""
        if self.window.stepped:
            self.close()
        return self.window

    def _call(self, proceed: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        forwards = self._forwards
        if self._in_backward or not forwards.concerns(args[0]) or not self._listens():
            return proceed(*args, **kwargs)
        if not torch.is_grad_enabled():
            forwards.note_without_gradients()
            return forwards.go_inside(proceed, args, kwargs)
        with self._own:
            window = self._open()
            look = forwards.begin(args[0], args[1:], kwargs, window)
        if self._own.trouble:
            return proceed(*args, **kwargs)
        result = forwards.go_inside(proceed, args, kwargs, look)
        with self._own:
            forwards.end(result, window)
        return result

    def _call_of_loss(self, proceed: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = proceed(*args, **kwargs)
        if args[0] is self._loss and torch.is_grad_enabled() and not self._in_backward and self._listens():
            with self._own:
                window = self._open()
                window.loss_value = value_of(result)
                if window.looked_at and window.latest_call is None and isinstance(result, Tensor):
                    window.latest_call = own_loss(self._loss, args[1:], result)
        return result

    def _wants_losses(self) -> bool:
        window = self.window
        if not window.looked_at and not window.stepped:
            return False
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
            if looks and window.discarding:
                window.discarding.before_backward(window.inputs)
        self._in_backward = True
        try:
            result = proceed(*args, **kwargs)
        finally:
            self._in_backward = False
        if looks and window.discarding and not self._own.trouble:
            with self._own:
                window.discarding.after_backward(self._optimizers)
        return result

    def _before_other(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """An optimiser that is not watched may use the gradients too."""
        if not self._steps.is_watched(optimizer) and self.window.discarding and self._listens():
            self.window.discarding.is_used_otherwise = True

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not self._listens():
            return
        with self._own:
            if self._in_step == id(optimizer) and is_nested(optimizer, depth=2):
                self._inner_steps += 1
                return
            if id(optimizer) in self.window.stepped:
                self.close()
            self._in_step, self._inner_steps = id(optimizer), 0
            self._steps.before(optimizer, self.window)

    def _after_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not self._listens():
            return
        if self._inner_steps:
            self._inner_steps -= 1
            return
        with self._own:
            self._in_step = None
            self._steps.after(optimizer, self.window)
            self.window.stepped.add(id(optimizer))
            self._forwards.look_for_parts(self.window)
