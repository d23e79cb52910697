"""A loss module of the user's own, which may call none of PyTorch's losses."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from whet.watching.trace import LossSeen

__all__ = ["own_loss"]


def own_loss(loss: nn.Module, given: tuple[Any, ...], result: Tensor) -> LossSeen:
    """One call of it, by the shapes that it was given."""
    shapes = [tuple(t.shape) for t in given if isinstance(t, Tensor)]
    return LossSeen(
        function=type(loss).__name__,
        outputs=shapes[0] if shapes else (),
        targets=shapes[1] if len(shapes) > 1 else (),
        value=float(result.detach().double().mean()),
        is_detached=not result.requires_grad,
    )
