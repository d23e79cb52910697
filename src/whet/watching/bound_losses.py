"""Sees PyTorch's losses below ``torch.nn.functional``, where every way of calling them ends, without a mode.

A mode would have to be entered in one place of the user's loop and left in another, which cannot be nested with the
user's own blocks; taps on the bindings can stay for the whole watching and cost nothing between calls. Losses that are
made of other operations only are not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whet.watching.loss_calls import describe, given_to
from whet.watching.taps import Around, Taps
from whet.watching.trace import LossSeen

__all__ = ["tap_losses"]

REDUCTIONS = ("none", "mean", "sum")  # by PyTorch's number
_NN: Any = torch._C._nn
# name in torch.nn.functional -> where its binding is, the binding's name, position of the reduction
BOUND: dict[str, tuple[Any, str, int]] = {
    "binary_cross_entropy": (_NN, "binary_cross_entropy", 3),
    "binary_cross_entropy_with_logits": (torch, "binary_cross_entropy_with_logits", 4),
    "cosine_embedding_loss": (torch, "cosine_embedding_loss", 4),
    "cross_entropy": (_NN, "cross_entropy_loss", 3),
    "ctc_loss": (torch, "ctc_loss", 5),
    "hinge_embedding_loss": (torch, "hinge_embedding_loss", 3),
    "huber_loss": (_NN, "huber_loss", 2),
    "l1_loss": (_NN, "l1_loss", 2),
    "margin_ranking_loss": (torch, "margin_ranking_loss", 4),
    "mse_loss": (_NN, "mse_loss", 2),
    "multi_margin_loss": (_NN, "multi_margin_loss", 5),
    "multilabel_margin_loss": (_NN, "multilabel_margin_loss", 2),
    "nll_loss": (_NN, "nll_loss_nd", 3),
    "poisson_nll_loss": (torch, "poisson_nll_loss", 5),
    "smooth_l1_loss": (_NN, "smooth_l1_loss", 2),
    "soft_margin_loss": (_NN, "soft_margin_loss", 2),
    "triplet_margin_loss": (torch, "triplet_margin_loss", 7),
}
# made of several operations, or not telling their bindings how they reduce: seen in torch.nn.functional itself
COMPOSED = ("gaussian_nll_loss", "kl_div", "multilabel_soft_margin_loss")
_BROADCASTS = frozenset({"huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"})  # expand what they are given


def tap_losses(taps: Taps, *, wants: Callable[[], bool], note: Callable[[Callable[[], LossSeen]], None]) -> None:
    """Call ``note`` with a way to describe each loss that was called while ``wants()``."""
    for name, (owner, binding, position) in BOUND.items():
        if hasattr(owner, binding):
            taps.place(owner, binding, _around(name, position, wants, note))
    for name in COMPOSED:
        taps.place(functional, name, _around_composed(name, wants, note))


def _around(
    name: str, position: int, wants: Callable[[], bool], note: Callable[[Callable[[], LossSeen]], None]
) -> Around:
    def around(proceed: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = proceed(*args, **kwargs)
        if wants() and len(args) >= 2 and isinstance(args[0], Tensor) and isinstance(args[1], Tensor):
            note(lambda: _describe(name, position, args, result))
        return result

    return around


def _around_composed(name: str, wants: Callable[[], bool], note: Callable[[Callable[[], LossSeen]], None]) -> Around:
    signed = getattr(functional, name)

    def around(proceed: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = proceed(*args, **kwargs)
        given = given_to(signed, args, kwargs) if wants() else None
        if given is not None:
            outputs, targets, reduction = given
            note(lambda: describe(name, outputs, targets, reduction, result))
        return result

    return around


def _describe(name: str, position: int, args: tuple[Any, ...], result: Tensor) -> LossSeen:
    outputs, targets = args[0], args[1]
    number = args[position] if len(args) > position else 1
    if name in _BROADCASTS and outputs.shape == targets.shape:
        outputs, targets = _unexpanded(outputs), _unexpanded(targets)
    return describe(name, outputs, targets, REDUCTIONS[number], result)


def _unexpanded(tensor: Tensor) -> Tensor:
    """Undo a broadcast: axes repeated without a copy have stride 0. Leading ones are dropped, others kept as size 1."""
    tensor = tensor.detach()
    repeated = [tensor.shape[d] > 1 and tensor.stride(d) == 0 for d in range(tensor.ndim)]
    while repeated and repeated[0]:
        tensor, repeated = tensor[0], repeated[1:]
    for axis, is_repeated in enumerate(repeated):
        if is_repeated:
            tensor = tensor.narrow(axis, 0, 1)
    return tensor
