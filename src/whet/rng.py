"""Randomness from named streams, so that adding a consumer never shifts another's draws."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

__all__ = ["drawing_globally", "make_generator", "make_numpy_generator", "stream_seed"]


def stream_seed(seed: int, *purpose: str) -> int:
    """The 63-bit seed of the stream named by ``seed`` and ``purpose``.

    >>> stream_seed(0, "order") == stream_seed(0, "order"), stream_seed(0, "order") == stream_seed(0, "init")
    (True, False)
    """
    digest = hashlib.sha256("/".join([str(seed), *purpose]).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def make_generator(seed: int, *purpose: str) -> torch.Generator:
    """A CPU generator of its own for one purpose."""
    import torch

    return torch.Generator().manual_seed(stream_seed(seed, *purpose))


def make_numpy_generator(seed: int, *purpose: str) -> np.random.Generator:
    """A NumPy generator of its own for one purpose."""
    return np.random.default_rng(stream_seed(seed, *purpose))


@contextmanager
def drawing_globally(seed: int, *purpose: str) -> Iterator[None]:
    """Let code that only knows PyTorch's global generators (initialisers, dropout) draw from a named stream.

    The global states are put back afterwards, so nothing outside the block notices.
    """
    import torch

    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(stream_seed(seed, *purpose))
        yield
