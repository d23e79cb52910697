"""The model, loss, optimiser and scheduler that are handed over, judged before anything runs."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from whet.diagnosis.forwarding import shown
from whet.errors import ConfigError

__all__ = ["check_copies", "check_loss", "check_model", "check_optimizer", "check_scheduler", "ordinary_optimizer"]

RATE = 1e-3  # of the Adam that stands in where no optimiser is given


def check_model(model: Any) -> None:
    """An ``nn.Module`` with parameters that are there.

    >>> check_model(nn.Linear)
    Traceback (most recent call last):
    whet.errors.ConfigError: opening model: it is the class Linear, not a model. Pass Linear(...).
    """
    if isinstance(model, type):
        raise ConfigError(f"opening model: it is the class {model.__name__}, not a model. Pass {model.__name__}(...).")
    if not isinstance(model, nn.Module):
        raise ConfigError(
            f"opening model: it is {shown(model)}, not a torch.nn.Module. Pass the module that you train."
        )
    if isinstance(model, torch.jit.ScriptModule):
        raise ConfigError(
            "opening model: it is compiled by torch.jit.script, and copies of it cannot be trained apart from it. "
            "Pass the module that it was made from."
        )
    parameters = list(model.parameters())
    if not parameters:
        raise ConfigError(
            f"opening model: {type(model).__name__} has no parameters, so there is nothing to train. Are its layers "
            "kept in a "
            "plain list or dict? Use nn.ModuleList or nn.ModuleDict."
        )
    if any(is_lazy(p) for p in parameters):
        raise ConfigError("opening model: it has lazy layers without weights yet. Run one batch through it before.")
    if any(p.is_meta for p in parameters):
        raise ConfigError("opening model: some weights are on the meta device. Load them before.")


def check_loss(loss: Any) -> None:
    """A function, or a module that was made; None is for models that make their own."""
    if isinstance(loss, type):
        raise ConfigError(f"opening loss: it is the class {loss.__name__}, not a loss. Pass {loss.__name__}().")
    if loss is not None and not callable(loss):
        raise ConfigError(
            f"opening loss: it is {loss!r}, which cannot be called. Pass a function of (outputs, targets), "
            "as nn.CrossEntropyLoss()."
        )


def check_optimizer(optimizer: Any) -> None:
    """One optimiser that was made and holds something."""
    if isinstance(optimizer, type):
        name = optimizer.__name__
        raise ConfigError(f"opening optimizer: it is the class {name}. Pass {name}(model.parameters(), lr=...).")
    if isinstance(optimizer, list | tuple):
        raise ConfigError(
            f"opening optimizer: there are {len(optimizer)}. Pass one, with a parameter group for each part; or watch "
            "your own "
            "loop: with whet.watch(model, optimizers)."
        )
    if not hasattr(optimizer, "param_groups") or not hasattr(optimizer, "step"):
        raise ConfigError(
            f"opening optimizer: it is {optimizer!r}. Pass torch.optim.Adam(model.parameters(), lr=1e-3) or the like."
        )
    if not any(group["params"] for group in optimizer.param_groups):
        raise ConfigError("opening optimizer: it holds no parameters. Pass it model.parameters() when you make it.")


def check_scheduler(scheduler: Any) -> None:
    """Something with ``step()``."""
    if isinstance(scheduler, type):
        raise ConfigError(
            f"opening scheduler: it is the class {scheduler.__name__}. Pass {scheduler.__name__}(optimizer, ...)."
        )
    if scheduler is not None and not callable(getattr(scheduler, "step", None)):
        raise ConfigError(f"opening scheduler: {shown(scheduler)} has no step(). Pass one of torch.optim.lr_scheduler.")


def ordinary_optimizer(model: nn.Module) -> torch.optim.Optimizer:
    """Adam, over what can be trained; over everything where all is frozen, so that a rule can say so."""
    trainable = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.Adam(trainable or model.parameters(), lr=RATE)


def check_copies(model: nn.Module, optimizer: Any, scheduler: Any, loss: Any) -> None:
    """Experiments run on copies: say which part has none."""
    for name, part in (("model", model), ("loss", loss), ("optimizer", optimizer), ("scheduler", scheduler)):
        try:
            copy.deepcopy(part)
        except Exception as error:
            raise ConfigError(
                f"copying {name} ({type(part).__name__}) for experiments raised {type(error).__name__}: "
                f"{' '.join(str(error).split())[:200]}. {_what_to_do(part)}"
            ) from error


def _what_to_do(part: Any) -> str:
    for name, module in part.named_modules() if isinstance(part, nn.Module) else ():
        for key, value in vars(module).items():
            if isinstance(value, Tensor) and value.grad_fn is not None:
                kept = f"{name}.{key}" if name else key
                normed = any(hook for hook in module._forward_pre_hooks.values())
                if normed and hasattr(module, f"{key}_g"):
                    return f"Use torch.nn.utils.parametrizations.weight_norm for {name or 'it'}: it can be copied."
                return (
                    f"It keeps {kept!r}, a result of an earlier forward pass: set it to None or store {key}.detach()."
                )
            if hasattr(value, "__next__"):
                return f"It keeps {(f'{name}.{key}' if name else key)!r}, a {type(value).__name__}: keep it outside."
    return "copy.deepcopy must work on it: keep open files, locks and generators outside."
