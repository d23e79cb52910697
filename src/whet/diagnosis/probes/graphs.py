"""The tensors at the roots of a computation: which parameters does a loss depend on?"""

from __future__ import annotations

from typing import Any

from torch import Tensor

__all__ = ["leaves"]


def leaves(value: Tensor) -> list[Tensor]:
    """Every leaf tensor that a backward pass from ``value`` would give a gradient.

    >>> import torch
    >>> w = torch.ones(2, requires_grad=True)
    >>> leaves((w * 3).sum())[0] is w
    True
    """
    waiting: list[Any] = [value.grad_fn] if value.grad_fn is not None else []
    found, seen = [], set(waiting)
    if value.grad_fn is None and value.requires_grad:
        return [value]
    while waiting:
        node = waiting.pop()
        if hasattr(node, "variable"):
            found.append(node.variable)
        for following, _ in node.next_functions:
            if following is not None and following not in seen:
                seen.add(following)
                waiting.append(following)
    return found
