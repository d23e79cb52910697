"""Tell an error that memory has run out from others, and go on with less at a time."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import torch

__all__ = ["hand_back", "in_smaller_parts", "is_out_of_memory"]

_SIGNS = ("out of memory", "can't allocate memory", "cannot allocate memory", "bad_alloc", "unable to allocate")


def is_out_of_memory(fault: BaseException) -> bool:
    """Python's MemoryError, PyTorch's on an accelerator, or the message that libraries give on a processor.

    >>> is_out_of_memory(MemoryError()), is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    (True, True)
    >>> is_out_of_memory(RuntimeError("shapes do not match"))
    False
    """
    if isinstance(fault, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(fault, Exception) and any(sign in str(fault).lower() for sign in _SIGNS)


def hand_back() -> None:
    """Return memory that was freed in small pieces to the system, where the C library can: then it counts as free."""
    gc.collect()
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def in_smaller_parts(run: Callable[[np.ndarray], None], index: np.ndarray) -> None:
    """``run(index)``; where that takes more memory than there is, the same on its halves, down to single examples."""
    try:
        run(index)
        return
    except Exception as fault:
        if not is_out_of_memory(fault) or len(index) < 2:
            raise
    hand_back()
    for half in np.array_split(index, 2):  # out of the ``except``, which keeps the failed run's tensors alive
        in_smaller_parts(run, half)
