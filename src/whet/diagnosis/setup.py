"""The parts of an ordinary training script, and independent copies of them to experiment on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["LoopSettings", "Setup"]

Forward = Callable[[nn.Module, Any], tuple[Any, Any]]  # (model, batch) -> (outputs, targets)
Loss = Callable[[Any, Any], Tensor]  # (outputs, targets) -> scalar


@dataclass(frozen=True, kw_only=True)
class LoopSettings:
    """What an ordinary loop does around forward, backward and step."""

    clip_norm: float | None = None  # total norm that gradients are clipped to
    accumulate: int = 1  # batches per step; each loss is divided by it
    schedule_every: str = "epoch"  # or "step": when the scheduler moves


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a user trains with. ``forward`` turns a batch of a loader into outputs and targets."""

    model: nn.Module
    train: Iterable[Any]  # yields batches; read anew for every epoch
    loss: Loss
    optimizer: torch.optim.Optimizer
    forward: Forward
    valid: Iterable[Any] | None = None
    scheduler: Any = None  # with .step()
    loop: LoopSettings = field(default_factory=LoopSettings)
    epochs: float | None = None  # how long the user means to train; None: not said
    was_trained: bool = False  # the optimiser has moved these weights before
    seed: int = 0  # of draws while copies train
    optimizer_is_ours: bool = False  # the user gave none: Adam with a learning rate of 1e-3
    guard: Callable[[], None] | None = None  # called before every forward pass of a copy; raises to end an experiment

    def copy(self) -> Setup:
        """The same with a model, optimiser, scheduler and loss of its own; loaders are shared, they hold no weights.

        Raises:
            copy.Error, TypeError, RuntimeError: a part cannot be copied; ``opening`` has found that out before.
        """
        model, optimizer, scheduler, loss = copy.deepcopy((self.model, self.optimizer, self.scheduler, self.loss))
        if isinstance(scheduler, torch.optim.lr_scheduler.LRScheduler):
            _track_steps(optimizer)
        _keep_own_list(self.optimizer, optimizer)
        if self.guard is not None:
            _guarded(model, self.guard)
        return replace(self, model=model, optimizer=optimizer, scheduler=scheduler, loss=loss)

    @property
    def device(self) -> torch.device:
        """Where the model's first parameter is."""
        return next((p.device for p in self.model.parameters()), torch.device("cpu"))


def _track_steps(optimizer: torch.optim.Optimizer) -> None:
    """Copying loses the wrapper by which a scheduler sees that the optimiser moved first; without it, it would warn."""
    step = optimizer.step

    def tracked(*args: Any, **kwargs: Any) -> Any:
        optimizer._opt_called = True  # type: ignore[attr-defined]
        return step(*args, **kwargs)

    tracked._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = tracked  # type: ignore[method-assign]


def _keep_own_list(optimizer: torch.optim.Optimizer, copied: torch.optim.Optimizer) -> None:
    """LBFGS keeps its parameters in a second list, which copying an optimiser leaves out."""
    for name in ("_params", "_numel_cache"):
        if hasattr(optimizer, name) and not hasattr(copied, name):
            setattr(copied, name, copied.param_groups[0]["params"] if name == "_params" else None)


def _guarded(model: nn.Module, guard: Callable[[], None]) -> None:
    """Ask before each pass. A copy of a copy has the hook already: functions are not copied, so it asks the same."""
    if any(getattr(hook, "is_guard", False) for hook in model._forward_pre_hooks.values()):
        return

    def ask(module: nn.Module, args: Any) -> None:
        guard()

    ask.is_guard = True  # type: ignore[attr-defined]
    model.register_forward_pre_hook(ask)
