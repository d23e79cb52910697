"""The loop that an ordinary training script has, done right: what a diagnosis trains copies with.

Not Whet's own loop (``training.loop``), which trains recipes: this one must do what the user's script says, with the
user's loader, loss, optimiser and scheduler, so that what is seen is the user's training.
"""

from __future__ import annotations

import inspect
import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.utils import clip_grad_norm_

from whet.diagnosis.setup import Setup
from whet.rng import drawing_globally

__all__ = ["Stretch", "needs_closure", "train_stretch"]

ENDLESS = 1000  # steps within one epoch after which a loader without a length counts as endless, where no clock ends it


@dataclass(kw_only=True)
class Stretch:
    """What a stretch of training went through."""

    losses: list[float] = field(default_factory=list)  # by step, before it
    epochs: float = 0.0  # passes over the loader; a part where it ended within one and the length is known
    steps_per_epoch: int | None = None
    ended_by_clock: bool = False  # or by its steps, where the loader never ends


def train_stretch(
    setup: Setup, *, steps: int | None = None, epochs: float | None = None, until: float | None = None
) -> Stretch:
    """Train ``setup`` itself (hand over a copy) until the first limit.

    Args:
        steps, epochs: most steps of the optimiser, most passes over the loader.
        until: moment of ``time.monotonic``; at least one step is made, and none that would end after it.
    A loss that is NaN or infinite does not end it: what follows is evidence.
    """
    stretch, quickest = Stretch(), math.inf
    with drawing_globally(setup.seed, "ordinary loop"):
        for epoch in itertools.count():
            setup.model.train()
            batches, began = 0, time.monotonic()
            for batch in _in_groups(setup.train, setup.loop.accumulate):
                _step(setup, batch, stretch)
                batches += 1
                now = time.monotonic()
                quickest, began = min(quickest, now - began), now  # the first step may take longer than all others
                if (now + quickest >= until) if until is not None else _is_endless(setup.train, batches, steps):
                    stretch.ended_by_clock = True
                if stretch.ended_by_clock or _is_over(stretch, epoch, batches, steps, epochs):
                    break
            else:
                if not batches:  # a generator that has been read before, or no batch at all
                    stretch.epochs = float(epoch)
                    return stretch
                stretch.steps_per_epoch = batches
                stretch.epochs = epoch + 1
                if setup.scheduler is not None and setup.loop.schedule_every == "epoch":
                    _schedule(setup, stretch)
                if not _is_over(stretch, epoch + 1, 0, steps, epochs):
                    continue
                return stretch
            stretch.epochs = epoch + (batches / stretch.steps_per_epoch if stretch.steps_per_epoch else 0.0)
            return stretch
    raise AssertionError("the loop above returns")


def _is_over(stretch: Stretch, epoch: int, batches: int, steps: int | None, epochs: float | None) -> bool:
    if steps is not None and len(stretch.losses) >= steps:
        return True
    if epochs is None:
        return False
    if stretch.steps_per_epoch:
        return epoch + batches / stretch.steps_per_epoch >= epochs
    return batches == 0 and epoch >= epochs


def needs_closure(optimizer: torch.optim.Optimizer) -> bool:
    """Whether its step must be given a function that computes the loss, as that of LBFGS."""
    given = inspect.signature(type(optimizer).step).parameters.get("closure")
    return given is not None and given.default is inspect.Parameter.empty


def _is_endless(loader: Any, batches: int, steps: int | None) -> bool:
    if batches < ENDLESS or steps is not None:
        return False
    try:
        return batches > len(loader)
    except TypeError:
        return True


def _step(setup: Setup, group: list[Any], stretch: Stretch) -> None:
    losses: list[float] = []

    def closure() -> float:
        losses.append(_backward(setup, group))
        return losses[-1]

    if needs_closure(setup.optimizer):
        step: Callable[..., Any] = setup.optimizer.step
        step(closure)  # as often as it likes; the loss before its step is the first
    else:
        closure()
        setup.optimizer.step()
    stretch.losses.append(losses[0])
    if setup.scheduler is not None and setup.loop.schedule_every == "step":
        _schedule(setup, stretch)


def _backward(setup: Setup, group: list[Any]) -> float:
    """Gradients of the mean loss of a group of batches; its value."""
    setup.optimizer.zero_grad(set_to_none=True)
    total = 0.0
    for batch in group:
        outputs, targets = setup.forward(setup.model, batch)
        loss = setup.loss(outputs, targets) / len(group)
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
        total += float(loss.detach())
    if setup.loop.clip_norm is not None:
        clip_grad_norm_(setup.model.parameters(), setup.loop.clip_norm)
    return total


def _schedule(setup: Setup, stretch: Stretch) -> None:
    """Schedulers that look at a loss get the mean of the last steps."""
    if isinstance(setup.scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
        recent = stretch.losses[-(stretch.steps_per_epoch or 10) :]
        setup.scheduler.step(sum(recent) / len(recent))
    else:
        setup.scheduler.step()


def _in_groups(loader: Any, size: int) -> Iterator[list[Any]]:
    group: list[Any] = []
    for batch in loader:
        group.append(batch)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
