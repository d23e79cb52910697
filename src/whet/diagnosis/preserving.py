"""Read a loader or run a model without anybody noticing: random states are put back afterwards.

A loader that shuffles draws from PyTorch's global generator or from one of its own; transforms in a dataset draw
from ``random``, NumPy or PyTorch. Whoever reads the loader for a diagnosis inside ``preserving`` leaves all of them
as found, so that the user's training afterwards is the one it would have been.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

__all__ = ["preserving"]


@contextmanager
def preserving(*loaders: Any) -> Iterator[None]:
    """Put the states of all global generators, and of the loaders' own, back at the end of the block.

    >>> before = torch.get_rng_state()
    >>> with preserving():
    ...     _ = torch.rand(3)
    >>> torch.equal(before, torch.get_rng_state())
    True
    """
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    own = {id(g): (g, g.get_state()) for loader in loaders for g in _torch_generators(loader)}
    arrays = {id(g): (g, g.bit_generator.state) for loader in loaders for g in _numpy_generators(loader)}
    state, array_state = random.getstate(), np.random.get_state()  # noqa: NPY002  the user's code may draw from it
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(state)
            np.random.set_state(array_state)  # noqa: NPY002
            for generator, kept in own.values():
                generator.set_state(kept)
            for array_generator, array_kept in arrays.values():
                array_generator.bit_generator.state = array_kept


def _holders(loader: Any) -> list[Any]:
    """The loader and the parts of it that may hold a generator."""
    samplers = [getattr(loader, name, None) for name in ("sampler", "batch_sampler", "dataset")]
    inner = [getattr(s, "sampler", None) for s in samplers]
    return [h for h in (loader, *samplers, *inner) if h is not None]


def _torch_generators(loader: Any) -> list[torch.Generator]:
    return [v for h in _holders(loader) for v in _attributes(h) if isinstance(v, torch.Generator)]


def _numpy_generators(loader: Any) -> list[np.random.Generator]:
    return [v for h in _holders(loader) for v in _attributes(h) if isinstance(v, np.random.Generator)]


def _attributes(holder: Any) -> list[Any]:
    return list(getattr(holder, "__dict__", {}).values())
