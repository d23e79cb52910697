"""``whet.watch``: around a user's own training loop, to say afterwards, or in between, what goes wrong in it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from whet.errors import ConfigError

if TYPE_CHECKING:
    from whet.diagnosis.diagnosis import Diagnosis
    from whet.watching.trace import Trace

__all__ = ["Initial", "Watch"]


@dataclass(frozen=True, kw_only=True)
class Initial:
    """States as they were before the first step, in memory of the processor."""

    model: dict[str, Any]
    optimizers: tuple[dict[str, Any], ...]
    scheduler: dict[str, Any] | None

    @property
    def was_trained(self) -> bool:
        """The optimiser had moved these weights before."""
        return any(state.get("state") for state in self.optimizers)


class Watch:
    """Watches a training loop without changing it, and judges what it saw.

    Args:
        model: any module. ``optimizer``: its optimiser, or a list of them.
        loss: the loss module, where it is one; its value is then seen at every step.
        scheduler: whose steps are counted.
        loader: the training loader; its length says how many steps make an epoch. It is not read.
        share: of the wall time that watching may take, in (0, 0.2].

    >>> model = nn.Linear(2, 1)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> with Watch(model, optimizer) as w:
    ...     for _ in range(3):
    ...         optimizer.zero_grad()
    ...         model(torch.ones(4, 2)).square().mean().backward()
    ...         _ = optimizer.step()
    >>> len(w.trace.steps)
    3
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer | Sequence[torch.optim.Optimizer],
        *,
        loss: Any = None,
        scheduler: Any = None,
        loader: Any = None,
        share: float = 0.03,
    ) -> None:
        from whet.watching.recorder import Recorder

        _check(model, optimizer, share)
        self.model, self.optimizer, self.scheduler = model, optimizer, scheduler
        given = {} if loader is None else {"loader": loader}
        self._recorder = Recorder(model, optimizer, loss=loss, scheduler=scheduler, share=share, **given)
        self._initial: Initial | None = None
        self._report: tuple[int, Diagnosis] | None = None

    def __enter__(self) -> Watch:
        self._initial = _states(self.model, self.optimizer, self.scheduler)
        self._recorder.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._recorder.__exit__(kind, error, trace)

    @property
    def initial(self) -> Initial:
        """Weights and settings as they were when the block was entered."""
        if self._initial is None:
            raise ConfigError("nothing has been watched yet. Write: with whet.watch(model, optimizer) as w: ...")
        return self._initial

    @property
    def trace(self) -> Trace:
        """What was seen so far."""
        _ = self.initial
        trace: Trace = self._recorder.trace()
        return trace

    @property
    def report(self) -> Diagnosis:
        """What the rules about training say of what was seen so far; ``whet.diagnose(..., watched=w)`` says more."""
        from whet.diagnosis.api import judge_watched

        trace = self.trace
        if self._report is None or self._report[0] != len(trace.steps):
            self._report = (len(trace.steps), judge_watched(trace, model=type(self.model).__name__))
        return self._report[1]


def _check(model: Any, optimizer: Any, share: float) -> None:
    if not isinstance(model, nn.Module):
        raise ConfigError(f"whet.watch takes the model first; got {type(model).__name__}. Pass an nn.Module.")
    several = list(optimizer) if isinstance(optimizer, list | tuple) else [optimizer]
    wrong = [o for o in several if not isinstance(o, torch.optim.Optimizer)]
    if wrong or not several:
        got = type(wrong[0]).__name__ if wrong else "an empty list"
        raise ConfigError(f"whet.watch takes the optimizer second, a torch.optim.Optimizer or several; got {got}.")
    if not 0.0 < share <= 0.2:
        raise ConfigError(f"whet.watch: share must be in (0, 0.2]; got {share!r}. 0.03 is 3 % of the wall time.")


def _states(model: nn.Module, optimizer: Any, scheduler: Any) -> Initial:
    several = list(optimizer) if isinstance(optimizer, list | tuple) else [optimizer]
    return Initial(
        model={
            name: value.detach().cpu().clone() if isinstance(value, torch.Tensor) else copy.deepcopy(value)
            for name, value in model.state_dict().items()
            if not nn.parameter.is_lazy(value)  # has no values before its first batch
        },
        optimizers=tuple(copy.deepcopy(o.state_dict()) for o in several),
        scheduler=copy.deepcopy(scheduler.state_dict()) if hasattr(scheduler, "state_dict") else None,
    )
