"""Counts the steps of learning-rate schedulers that move the watched optimisers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch.optim import Optimizer
from torch.optim import lr_scheduler as kinds

from whet.watching.taps import Taps

__all__ = ["ScheduleCalls"]


class ScheduleCalls:
    """Also of schedulers that it was not told of. ``count`` is None while none was seen.

    Args:
        scheduler: one with ``step``; None where not known.
    """

    def __init__(self, scheduler: Any, optimizers: Sequence[Optimizer]) -> None:
        self._scheduler, self._optimizers = scheduler, optimizers
        self._calls = 0
        self._is_inside = False  # schedulers made of others call those

    def watch(self, taps: Taps) -> None:
        """Begin."""
        classes = {c for c in vars(kinds).values() if isinstance(c, type) and "step" in vars(c)}
        if self._scheduler is not None and not isinstance(self._scheduler, kinds.LRScheduler):
            classes.add(type(self._scheduler))
        for kind in sorted(classes, key=lambda c: c.__name__):
            if callable(getattr(kind, "step", None)):
                taps.place(kind, "step", self._around)

    @property
    def count(self) -> int | None:
        """Calls of ``step``; a scheduler that is there and was never called counts 0."""
        is_there = self._scheduler is not None or any(
            getattr(o.step, "_wrapped_by_lr_sched", False) for o in self._optimizers
        )
        return self._calls if is_there or self._calls else None

    def _around(self, proceed: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._is_inside or not self._concerns(args[0]):
            return proceed(*args, **kwargs)
        self._is_inside = True
        try:
            return proceed(*args, **kwargs)
        finally:
            self._is_inside = False
            self._calls += 1

    def _concerns(self, scheduler: Any) -> bool:
        if getattr(scheduler, "_is_initial", False):  # its own constructor calls it once
            return False
        if scheduler is self._scheduler:
            return True
        return any(getattr(scheduler, "optimizer", None) is o for o in self._optimizers)
