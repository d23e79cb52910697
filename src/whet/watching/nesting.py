"""Whether a step of an optimiser runs inside another step of the same optimiser."""

from __future__ import annotations

import sys

from torch.optim import Optimizer

__all__ = ["is_nested"]


def is_nested(optimizer: Optimizer, *, depth: int) -> bool:
    """Whether the step whose hook is ``depth`` calls above this function was called by a step of the same object.

    PyTorch wraps the ``step`` of every class, so a subclass whose ``step`` calls ``super().step()`` runs the hooks
    twice. A flag would not tell that from a step that ended in an error, after which no hook runs: the stack does.
    """
    frame = sys._getframe(depth)
    wrapper, outer = frame.f_code, frame.f_back
    while outer is not None:
        if outer.f_code is wrapper and outer.f_locals.get("self") is optimizer:
            return True
        outer = outer.f_back
    return False
