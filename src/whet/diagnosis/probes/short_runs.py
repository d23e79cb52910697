"""A few steps of training on given batches: what experiments before the training are made of."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.ordinary_loop import needs_closure
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError, WhetError
from whet.rng import drawing_globally

__all__ = ["as_reason", "deadline", "short_run", "without_dropout"]

_DROPOUT = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)


@contextmanager
def as_reason(doing: str) -> Iterator[None]:
    """Turn whatever the user's code raises into a reason why something could not be judged."""
    try:
        yield
    except WhetError:
        raise
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CannotJudgeError(f"{doing} failed: {reason}") from error


def deadline(left_s: float, *, share: float, most_s: float) -> float:
    """The moment of ``time.monotonic`` at which an experiment must end.

    Args:
        left_s: seconds left for all experiments.
        share: of those that this one may take.
        most_s: and no more than so many seconds; without any limit, this one does not count either.
    """
    if math.isinf(left_s):
        return left_s  # no limit at all: what is found must not hang on how busy the machine is
    if left_s <= 0:
        raise CannotJudgeError("no time is left for experiments")
    return time.monotonic() + min(most_s, share * left_s)


def short_run(
    setup: Setup,
    batches: Sequence[Any],
    *,
    steps: int,
    until: float = math.inf,
    optimizer: torch.optim.Optimizer | None = None,
    enough: float = -math.inf,
) -> list[float]:
    """Losses before each step of training ``setup`` itself (hand over a copy) on ``batches``, over and over.

    Args:
        optimizer: used instead of the user's.
        enough: a loss at which to stop.
    Ends where the loss is not finite, with that loss. Schedulers do not move: a warm-up keeps its first rate.
    """
    optimizer = optimizer or setup.optimizer
    losses: list[float] = []
    with as_reason("a short training"), drawing_globally(setup.seed, "short run"):
        for step in range(steps):
            loss = _step(setup, batches[step % len(batches)], optimizer)
            losses.append(loss)
            if not math.isfinite(loss) or loss <= enough or time.monotonic() >= until:
                break
    return losses


def _step(setup: Setup, batch: Any, optimizer: torch.optim.Optimizer) -> float:
    losses: list[float] = []

    def closure() -> float:
        optimizer.zero_grad(set_to_none=True)
        outputs, targets = setup.forward(setup.model, batch)
        loss: Tensor = setup.loss(outputs, targets)
        losses.append(float(loss.detach()))
        if loss.requires_grad and math.isfinite(losses[-1]):
            loss.backward()  # type: ignore[no-untyped-call]
            if setup.loop.clip_norm is not None:
                nn.utils.clip_grad_norm_(setup.model.parameters(), setup.loop.clip_norm)
        else:
            raise _NoStep
        return losses[-1]

    with suppress(_NoStep):
        if needs_closure(optimizer):
            step: Callable[..., Any] = optimizer.step
            step(closure)
        else:
            closure()
            optimizer.step()
    return losses[0]


class _NoStep(Exception):  # no error: a loss without a gradient, or not finite, moves nothing
    pass


def without_dropout(model: nn.Module) -> nn.Module:
    """``model`` itself, changed: its dropout layers, and those inside recurrent and attention layers, draw nothing."""
    for module in model.modules():
        if isinstance(module, _DROPOUT):
            module.p = 0.0
        elif isinstance(module, nn.RNNBase | nn.MultiheadAttention):
            module.dropout = 0.0
    return model
