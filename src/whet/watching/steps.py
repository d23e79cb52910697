"""Makes one record of every step of an optimiser."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from torch import Tensor
from torch.optim import Optimizer

from whet.watching.breaking import first_broken, is_broken
from whet.watching.norms import norms, total
from whet.watching.pacing import OwnWork, Pacing
from whet.watching.records import Records
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
        self._weights, self._own, self._pacing = weights, own, pacing
        self.records = Records(length=length)
        self._places = {id(o): place for place, o in enumerate(optimizers)}
        self._clean: dict[int, bool | None] = {}  # of windows since an optimiser's own last step, without the present
        self.stepped: set[int] = set()  # places of optimisers
        self._before: Before | None = None
        self._gradient: float | None = None
        self._broken = ""
        self._num_before = 0  # backward passes when the step began
        self._num_discarded: int | None = None
        self._breaks = 0
        self._waiting: dict[int, Tensor] = {}  # losses on a device, by step
        self.count = 0
        self.begin = 0.0
        self.last_end = 0.0  # on the clock of ``OwnWork``

    def is_watched(self, optimizer: Optimizer) -> bool:
        """Whether it is one of ours."""
        return id(optimizer) in self._places

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
        self._num_discarded = window.discarding.at_step() if window.discarding else None
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
        loss = window.loss()
        self.records.note(
            (  # by the order of the fields of a step
                self.count,
                self._places[id(optimizer)],
                time.perf_counter() - self.begin,
                None if isinstance(loss, Tensor) else loss,
                self._rates,
                window.num_examples,
                window.num_backward,
                self._num_discarded,
                self._starts_clean(id(optimizer), window),
                window.is_training,
                window.in_eval,
                self._gradient,
                window.wait_s,
                self._compute_s(window),
                window.layers,
                parameters,
                window.loss_call or window.latest_call,
                self._broken,
                window.mark,
            ),
            is_first=not window.stepped,
        )
        if isinstance(loss, Tensor):
            self._waiting[self.count] = loss
        if self._waiting and (parameters or len(self._waiting) >= WAITING):
            self._read()
        self._finish(self._places[id(optimizer)])
        window.inputs = window.outputs = self._before = None

    def _finish(self, place: int) -> None:
        self.stepped.add(place)
        self.count += 1
        self._broken = ""
        self.last_end = self._own.clock()

    def end_window(self, window: Window) -> None:
        """Optimisers that did not step in it go on with the gradients that it left them."""
        if not self._clean and window.clean.keys() == window.stepped:  # the usual case: one optimiser
            return
        for key, clean in window.clean.items():
            self._clean[key] = _either(self._clean[key], clean) if key in self._clean else clean
        for key in window.stepped:
            self._clean.pop(key, None)

    def _starts_clean(self, key: int, window: Window) -> bool | None:
        """Whether the gradients were clean before any backward pass since the optimiser's own last step."""
        if key not in self._clean:
            return window.clean.get(key)
        return _either(self._clean[key], window.clean[key]) if key in window.clean else self._clean[key]

    def finished(self) -> tuple[Step, ...]:
        """All records kept, with their losses read."""
        self._read()
        return self.records.steps()

    def _measure(self, optimizer: Optimizer, window: Window) -> None:
        if Scaling.skips(optimizer):
            return
        if self._before is not None:
            self._before.gradients = self._weights.gradients(self._before)
            found = list(self._before.gradients.values())
        elif self._pacing.measures_gradient(spent_s=self._own.seconds, elapsed_s=time.perf_counter() - self.begin):
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

    def _compute_s(self, window: Window) -> float | None:
        return None if window.forward_begin is None else max(0.0, self._own.clock() - window.forward_begin)

    def _read(self) -> None:
        """Losses that are still on a device."""
        read = {index: float(loss) for index, loss in self._waiting.items()}
        self._waiting.clear()
        if not all(map(math.isfinite, read.values())):
            self._pacing.something_broke()
        if read:
            self.records.fill(read)


def _either(first: bool | None, second: bool | None) -> bool | None:
    """True where one is; None where that is not known."""
    if first or second:
        return True
    return None if first is None or second is None else False
