"""Sees calls of PyTorch's loss functions, however they are made, with the shapes and values that they were given.

Modules and functions both end in ``torch.nn.functional``, which asks the active mode first. Only the thread that
entered the mode is seen, and nothing is changed: arguments go in and results come out untouched.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn._reduction import legacy_get_string
from torch.overrides import TorchFunctionMode

from whet.watching.trace import LossSeen

__all__ = ["LOSSES", "LossCalls", "describe", "given_to"]

LOSSES = frozenset(
    {
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "cosine_embedding_loss",
        "cross_entropy",
        "ctc_loss",
        "gaussian_nll_loss",
        "hinge_embedding_loss",
        "huber_loss",
        "kl_div",
        "l1_loss",
        "margin_ranking_loss",
        "mse_loss",
        "multi_margin_loss",
        "multilabel_margin_loss",
        "multilabel_soft_margin_loss",
        "nll_loss",
        "poisson_nll_loss",
        "smooth_l1_loss",
        "soft_margin_loss",
        "triplet_margin_loss",
    }
)
TOLERANCE = 1e-3  # of sums that should be 1
MOST_ROWS = 256  # looked at for that


class LossCalls(TorchFunctionMode):
    """Collects the loss functions called inside the block.

    >>> with LossCalls() as calls:
    ...     _ = torch.nn.CrossEntropyLoss()(torch.zeros(4, 3), torch.tensor([0, 1, 2, 0]))
    >>> calls.seen[0].function, calls.seen[0].outputs, round(calls.seen[0].value, 3)
    ('cross_entropy', (4, 3), 1.099)
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[LossSeen] = []
        self.tensors: list[tuple[Tensor, Tensor]] = []  # (outputs, targets) of every call, as they were given
        self._depth = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Pass the call on, and note it if it is a loss."""
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if name not in LOSSES or self._depth:
            return func(*args, **kwargs)
        self._depth += 1  # cross_entropy calls nll_loss; one note is enough
        try:
            result = func(*args, **kwargs)
        finally:
            self._depth -= 1
        given = given_to(func, args, kwargs)
        if given is not None:
            outputs, targets, reduction = given
            self.seen.append(describe(name, outputs, targets, reduction, result))
            self.tensors.append((outputs, targets))
        return result


def given_to(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Tensor, Tensor, str] | None:
    """The first two tensors, by position or by name, and the reduction, also as older scripts say it."""
    try:
        bound = inspect.signature(func).bind(*args, **kwargs)
    except (TypeError, ValueError):  # a builtin without a signature
        named = dict(kwargs)
        given: list[Any] = [*args, *kwargs.values()]
    else:
        bound.apply_defaults()
        named = dict(bound.arguments)
        given = list(named.values())
    if len(given) < 2 or not all(isinstance(value, Tensor) for value in given[:2]):
        return None
    reduction = str(named.get("reduction", "mean"))
    if named.get("size_average") is not None or named.get("reduce") is not None:
        reduction = legacy_get_string(named.get("size_average"), named.get("reduce"), emit_warning=False)
    return given[0], given[1], reduction


def describe(name: str, outputs: Tensor, targets: Tensor, reduction: str, result: Tensor) -> LossSeen:
    """One call of a loss as plain values; several values are averaged."""
    is_detached = torch.is_grad_enabled() and not result.requires_grad
    with torch.no_grad():
        value = float(result.detach().double().mean()) if result.numel() else float("nan")
        return LossSeen(
            function=name,
            outputs=tuple(outputs.shape),
            targets=tuple(targets.shape),
            reduction=reduction,
            value=value,
            rows_sum_to_one=_sums_to_one(outputs),
            is_detached=is_detached,
        )


def _sums_to_one(outputs: Tensor) -> bool:
    if outputs.ndim < 2 or outputs.shape[1] < 2 or not outputs.is_floating_point() or not outputs.numel():
        return False
    some = outputs.detach()[:MOST_ROWS].float()
    return bool((some >= 0).all() and (some.sum(dim=1) - 1).abs().max() < TOLERANCE)
