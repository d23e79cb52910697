"""Keeps the memory that a training step frees for the next step, which will ask for the same again.

The GNU C library hands large freed blocks back to the system at once. Every step then takes them anew, and the kernel
must find and clear each page at its first touch: 20 to 25 % of a step of a convolutional network at batch 512, and a
quarter of a small one's. Holes between kept blocks of unlike size can make the process larger than a step's peak; a
training of the default convnet at batch 512 was as large with it as without.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["kept_memory"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
_KEEP_ALL, _HUGE = 2**31 - 1, 2**30
# Afterwards what the library itself arrives at, step by step, in any program that frees large blocks: its defaults are
# only the start of that climb, and cannot be asked for.
_USUAL_TRIM, _USUAL_MMAP = 64 << 20, 32 << 20


@contextmanager
def kept_memory(limit_bytes: int | None = None) -> Iterator[None]:
    """Run the block so; at its end what is free goes back to the system. With a limit, or another library: no change.

    Under a limit free memory is worth more than time: a block kept for one size cannot be had in another.
    """
    library = None if limit_bytes is not None else _library()
    if library is None:
        yield
        return
    library.mallopt(_MMAP_THRESHOLD, _HUGE)
    library.mallopt(_TRIM_THRESHOLD, _KEEP_ALL)
    try:
        yield
    finally:
        library.mallopt(_MMAP_THRESHOLD, _USUAL_MMAP)
        library.mallopt(_TRIM_THRESHOLD, _USUAL_TRIM)
        library.malloc_trim(0)


def _library() -> ctypes.CDLL | None:
    """The C library, where it is GNU's."""
    with suppress(OSError, AttributeError, TypeError):  # TypeError: CDLL(None) on Windows
        library = ctypes.CDLL(None)
        if library.gnu_get_libc_version and library.mallopt and library.malloc_trim:
            return library
    return None
