"""Records a training from outside, whoever's loop it is, and changes nothing.

Steps are seen by the optimiser's own hooks; calls of the model, of losses, of ``backward`` and of schedulers by taps on
classes and modules of functions (``taps``), which are taken away at the end of the block. Hooks on layers exist only
during the forward passes that are looked at. ``torch.autograd.backward`` is where ``Tensor.backward`` ends too, so the
value of any loss is seen at every step. Only the thread that entered the block is watched.

What costs is measured, and details wait until the share of time allows them (``pacing``).
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import torch
from torch import nn
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from whet.errors import CannotJudgeError
from whet.watching.events import Events
from whet.watching.forwards import Forwards
from whet.watching.pacing import OwnWork, Pacing
from whet.watching.schedule_calls import ScheduleCalls
from whet.watching.steps import Steps
from whet.watching.taps import Taps
from whet.watching.trace import Trace
from whet.watching.watchable import checked_model, length_of, optimizers_in, unwrapped
from whet.watching.weights import Weights

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
        inner, optimizers = unwrapped(checked_model(model)), optimizers_in(optimizer)
        self._own, pacing = OwnWork(), Pacing(share=share, whole=whole)
        extra = loss.parameters() if isinstance(loss, nn.Module) else ()
        self._weights = Weights(inner, optimizers, extra=extra)
        self._forwards = Forwards(model, self._own)
        self._steps = Steps(self._weights, self._own, pacing, optimizers, length=length_of(loader))
        self._schedule = ScheduleCalls(scheduler, optimizers)
        self._events = Events(self._forwards, self._steps, optimizers, loss=loss, own=self._own, pacing=pacing)
        self._taps, self._handles = Taps(), list[RemovableHandle]()
        self._begin = 0.0
        self._final: Trace | None = None

    @property
    def trouble(self) -> str:
        """Why the watching ended early; empty where it did not."""
        return self._own.trouble

    def __enter__(self) -> Self:
        if self._begin:
            raise CannotJudgeError("a recorder watches one block; make another for the next")
        self._begin = self._steps.begin = time.perf_counter()
        with self._own:
            self._weights.refresh()
        try:
            self._events.place(self._taps, self._handles)
            self._schedule.watch(self._taps)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()
        with self._own:
            self._events.close()
            self._final = self._traced()
        if self.trouble:
            warnings.warn(f"Whet stopped watching this training: {self.trouble}", stacklevel=2)

    def trace(self) -> Trace:
        """What was seen, up to now or up to the end of the block."""
        return self._final or self._traced()

    def _remove(self) -> None:
        self._taps.remove()
        while self._handles:
            self._handles.pop().remove()

    def _traced(self) -> Trace:
        now = time.perf_counter()
        steps = self._steps.finished()
        return Trace(
            steps=steps,
            rates_by_epoch=self._steps.records.epoch_rates(),
            steps_per_epoch=self._steps.records.per_epoch(self._steps.count),
            num_forward_only=self._forwards.num_forward_only(self._events.window),
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
            num_backward=self._events.num_backward,
            passes_in_training_mode=self._forwards.num_in_training_mode,
        )
