"""From what a user hands over to a ``Setup`` that experiments can run on, or one clear message.

Nothing of the user's changes: loaders are read with their random states put back, and everything runs on copies.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from whet.diagnosis.forwarding import OrdinaryForward
from whet.diagnosis.opening_loaders import check_loader, first_batch
from whet.diagnosis.opening_parts import (
    check_copies,
    check_loss,
    check_model,
    check_optimizer,
    check_scheduler,
    ordinary_optimizer,
)
from whet.diagnosis.opening_trial import settle
from whet.diagnosis.own_loss import OwnLoss
from whet.diagnosis.setup import Forward, LoopSettings, Loss, Setup
from whet.errors import ConfigError

__all__ = ["open_setup"]


def open_setup(
    model: nn.Module,
    train: Iterable[Any],
    valid: Iterable[Any] | None = None,
    *,
    loss: Loss | None,
    optimizer: torch.optim.Optimizer | None = None,
    scheduler: Any = None,
    forward: Forward | None = None,
    epochs: float | None = None,
    clip_norm: float | None = None,
    accumulate: int = 1,
    schedule_every: str = "epoch",
    seed: int = 0,
) -> Setup:
    """Check each part, and run one batch through copies of them.

    Args:
        loss: (outputs, targets) -> scalar; None where the model's outputs carry it as ``.loss``.
        optimizer: None: the scheduler's, or else Adam with a learning rate of 1e-3.
        forward: (model, batch) -> (outputs, targets), where a batch is not of a usual form (see ``forwarding``).
        epochs, clip_norm, accumulate, schedule_every: as in the user's loop.
    Raises:
        ConfigError, DataError, ShapeError: naming the object, the step and what to pass instead.

    >>> batches = [(torch.zeros(4, 3), torch.tensor([0, 1, 0, 1]))]
    >>> open_setup(nn.Linear(3, 2), batches, loss=nn.CrossEntropyLoss()).optimizer_is_ours
    True
    """
    check_model(model)
    check_loader(train, "train")
    if valid is not None:
        check_loader(valid, "valid")
    check_loss(loss)
    check_scheduler(scheduler)
    loop = _loop(clip_norm, accumulate, schedule_every, epochs)
    if forward is not None and not callable(forward):
        raise ConfigError("opening forward: it must be a function of (model, batch) that gives (outputs, targets).")
    if optimizer is None:
        optimizer = getattr(scheduler, "optimizer", None)
    is_ours = optimizer is None
    if optimizer is None:
        optimizer = ordinary_optimizer(model)
    check_optimizer(optimizer)
    check_copies(model, optimizer, scheduler, loss)
    setup = Setup(
        model=model,
        train=train,
        loss=OwnLoss() if loss is None else loss,
        optimizer=optimizer,
        forward=OrdinaryForward() if forward is None else forward,
        valid=valid,
        scheduler=scheduler,
        loop=loop,
        epochs=epochs,
        was_trained=_was_trained(model, optimizer),
        seed=seed,
        optimizer_is_ours=is_ours,
    )
    setup = settle(setup, _spare(first_batch(train, "train")))
    if valid is not None:
        settle(setup, _spare(first_batch(valid, "valid")), loader="valid")
    return setup


def _spare(batch: Any) -> Any:
    """A batch that a forward may change in place; where it has no copy, itself."""
    try:
        return copy.deepcopy(batch)
    except Exception:  # objects of the user's own fail to copy in ways of their own
        return batch


def _loop(clip_norm: float | None, accumulate: int, schedule_every: str, epochs: float | None) -> LoopSettings:
    if clip_norm is not None and not clip_norm > 0:
        raise ConfigError(f"clip_norm must be above 0; got {clip_norm!r}. Leave it out where your loop does not clip.")
    if isinstance(accumulate, bool) or not isinstance(accumulate, int) or accumulate < 1:
        raise ConfigError(f"accumulate must be a whole number of batches, at least 1; got {accumulate!r}.")
    if schedule_every not in ("epoch", "step"):
        raise ConfigError(f"schedule_every must be 'epoch' or 'step'; got {schedule_every!r}.")
    if epochs is not None and not epochs > 0:
        raise ConfigError(f"epochs must be above 0; got {epochs!r}. Leave it out where it is not settled.")
    return LoopSettings(clip_norm=clip_norm, accumulate=accumulate, schedule_every=schedule_every)


def _was_trained(model: nn.Module, optimizer: torch.optim.Optimizer) -> bool:
    """The optimiser has moments, or batch normalisation has counted batches."""
    counts = [int(b) for name, b in model.named_buffers() if name.endswith("num_batches_tracked")]
    return bool(optimizer.state) or any(counts)
