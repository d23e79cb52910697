"""Makes one record of every step of an optimiser."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from whet.watching.breaking import first_broken, is_broken
from whet.watching.keeping import Keeper
from whet.watching.norms import norms, total
from whet.watching.pacing import OwnWork, Pacing
from whet.watching.scaling import Scaling
from whet.watching.trace import Step
from whet.watching.weights import Before, Weights
from whet.watching.window import Window

__all__ = ["Steps"]

MOST_BREAKS = 10  # steps whose source of a NaN is looked for though they are not looked at
WAITING = 64  # losses on a device that are read together


class Steps:
    """Between ``before`` and ``after`` the optimiser moves the parameters.

    Args:
        optimizers: those watched; a step names its own by the place in this list.
        length: batches of the training loader, where known.
    """

    def __init__(
        self, weights: Weights, own: OwnWork, pacing: Pacing, optimizers: Sequence[Optimizer], *, length: int | None
    ) -> None:
        self._weights, self._own, self._pacing, self._length = weights, own, pacing, length
        self._places = {id(o): place for place, o in enumerate(optimizers)}
        self._clean: dict[int, bool | None] = {}  # of windows since an optimiser's own last step, without the present
        self.stepped: set[int] = set()  # places of optimisers
        self._keeper = Keeper()
        self._before: Before | None = None
        self._gradient: float | None = None
        self._broken = ""
        self._num_before = 0  # backward passes when the step began
        self._num_discarded: int | None = None
        self._breaks = 0
        self._batches = 0
        self._waiting: dict[int, Tensor] = {}  # losses on a device, by step
        self.count = 0
        self.begin = 0.0
        self.last_end = 0.0
        self._own_at_end = 0.0
        self.epoch_rates: list[float] = []

    def check_early(self, window: Window) -> None:
        """Before the first backward pass of a window: what a NaN would hide later."""
        loss = window.loss()
        if isinstance(loss, float) and not math.isfinite(loss):
            self._find_source(window, loss)
        window.outputs = None

    def before(self, optimizer: Optimizer, window: Window) -> None:
        """The optimiser is about to step."""
        self._rates = tuple([float(group["lr"]) for group in optimizer.param_groups if "lr" in group])
        self._num_before = window.num_backward
        self._num_discarded = window.discarding.at_step() if window.looked_at else None
        self._before = self._weights.before(optimizer) if window.looked_at else None
        self._gradient = None
        self._measure(optimizer, window)

    def after(self, optimizer: Optimizer, window: Window) -> None:
        """It has stepped."""
        if window.num_backward > self._num_before:  # a closure computed the gradients
            self._measure(optimizer, window)
        parameters = {}
        if self._before is not None:
            parameters = self._weights.after(self._before, scale=Scaling.of_gradients(optimizer))
        loss, now = window.loss(), time.perf_counter()
        step = _step(
            index=self.count,
            optimizer=self._places[id(optimizer)],
            seconds=now - self.begin,
            loss=None if isinstance(loss, Tensor) else loss,
            rates=self._rates,
            num_examples=window.num_examples,
            num_backward=window.num_backward,
            num_discarded=self._num_discarded,
            starts_clean=self._starts_clean(optimizer, window),
            is_training=window.is_training,
            in_eval=window.in_eval,
            gradient=self._gradient,
            wait_s=window.wait_s,
            compute_s=self._compute_s(window, now),
            layers=window.layers,
            parameters=parameters,
            loss_call=window.loss_call or window.latest_call,
            first_broken=self._broken,
        )
        if isinstance(loss, Tensor):
            self._waiting[self.count] = loss
        self._keep(step, is_first=not window.stepped)
        window.inputs = window.outputs = self._before = None

    def end_window(self, window: Window) -> None:
        """Optimisers that did not step in it go on with the gradients that it left them."""
        for key, clean in window.clean.items():
            self._clean[key] = _either(self._clean[key], clean) if key in self._clean else clean
        for key in window.stepped:
            self._clean.pop(key, None)

    def _starts_clean(self, optimizer: Optimizer, window: Window) -> bool | None:
        """Whether the gradients were clean before any backward pass since the optimiser's own last step."""
        key = id(optimizer)
        if key not in self._clean:
            return window.clean.get(key)
        return _either(self._clean[key], window.clean[key]) if key in window.clean else self._clean[key]

    def finished(self) -> tuple[Step, ...]:
        """All records kept, with their losses read."""
        self._read()
        return tuple(self._keeper.steps)

    def per_epoch(self) -> float | None:
        """Steps in one pass over the loader."""
        return self._length * self.count / self._batches if self._length and self._batches else None

    def _measure(self, optimizer: Optimizer, window: Window) -> None:
        if Scaling.skips(optimizer):
            return
        elapsed = time.perf_counter() - self.begin
        if self._before is not None:
            self._before.gradients = self._weights.gradients(optimizer)
            found = list(self._before.gradients.values())
        elif self._pacing.measures_gradient(spent_s=self._own.seconds, elapsed_s=elapsed):
            found = norms([p.grad for g in optimizer.param_groups for p in g["params"] if p.grad is not None])
        else:
            found = []
        self._gradient = total(found) / Scaling.of_gradients(optimizer) if found else None
        loss = window.loss()
        self._find_source(window, loss if isinstance(loss, float) else None)

    def _find_source(self, window: Window, loss: float | None) -> None:
        if self._broken or not is_broken(loss, self._gradient):
            return
        if self._breaks >= MOST_BREAKS and not window.looked_at:
            return
        self._breaks += 1
        self._pacing.something_broke()
        self._broken = first_broken(
            inputs=window.inputs,
            outputs=window.outputs,
            named=self._weights.named,
            layers=window.layers,
            loss=loss,
        )

    def _compute_s(self, window: Window, now: float) -> float | None:
        if window.forward_begin is None:
            return None
        return max(0.0, now - window.forward_begin - (self._own.seconds - self._own_at_end))

    def _keep(self, step: Step, *, is_first: bool) -> None:
        """``is_first``: of its window; optimisers that step together share its batches."""
        self.stepped.add(step.optimizer)
        self._keeper.add(step)
        if self._length and step.num_backward and is_first:
            if self._batches // self._length != (self._batches - 1) // self._length and step.rates:
                self.epoch_rates.append(step.rates[0])
            self._batches += step.num_backward
        self.count += 1
        self._broken = ""
        self.last_end, self._own_at_end = time.perf_counter(), self._own.seconds
        if self._waiting and (len(self._waiting) >= WAITING or step.parameters):
            self._read()

    def _read(self) -> None:
        """Losses that are still on a device."""
        read = {index: float(loss) for index, loss in self._waiting.items()}
        self._waiting.clear()
        if not all(map(math.isfinite, read.values())):
            self._pacing.something_broke()
        if read:
            self._keeper.fill(read)


def _either(first: bool | None, second: bool | None) -> bool | None:
    """True where one is; None where that is not known."""
    if first or second:
        return True
    return None if first is None or second is None else False


def _step(**values: Any) -> Step:
    """A step, all of whose fields are given: setting them at once takes a tenth of the time, and this is every step."""
    step = object.__new__(Step)
    step.__dict__.update(values)
    return step
