"""Examples inside batches of any structure: choosing, reordering and regrouping them along the first axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError

__all__ = ["keys_of", "map_tensors", "num_rows", "regroup", "take"]


def map_tensors(change: Callable[[Tensor], Any], value: Any) -> Any:
    """The same nested tuples, lists and mappings with every tensor changed.

    >>> map_tensors(lambda t: t + 1, (torch.zeros(1), {"a": 3}))
    (tensor([1.]), {'a': 3})
    """
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, dict):
        return {k: map_tensors(change, v) for k, v in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(change, v) for v in value))
    if isinstance(value, list | tuple):
        return type(value)(map_tensors(change, v) for v in value)
    return value


def num_rows(batch: Any) -> int:
    """Examples of a batch in which every tensor has one entry of its first axis per example.

    Raises:
        CannotJudgeError: the batch is not of that kind (packed sequences, offsets, sequence first).
    """
    sizes = {t.shape[0] if t.ndim else -1 for t in tensors_in(batch)}
    if len(sizes) != 1 or -1 in sizes:
        raise CannotJudgeError("the batches do not hold one example per entry of the first axis of every tensor")
    return int(sizes.pop())


def take(batch: Any, rows: Sequence[int] | np.ndarray) -> Any:
    """Those examples of a batch, in that order."""
    size, index = num_rows(batch), torch.as_tensor(np.asarray(rows))
    if len(index) and int(index.max()) >= size:
        raise CannotJudgeError(f"the batch has {size} examples")
    return map_tensors(lambda t: t[index.to(t.device)], batch)


def regroup(batches: Sequence[Any], order: np.ndarray, size: int) -> list[Any]:
    """The examples of all batches in a new order, in batches of ``size``; an incomplete last batch is left out.

    Raises:
        CannotJudgeError: examples of different shapes, or more than a quarter of a billion values.
    """
    for batch in batches:
        num_rows(batch)
    columns = [tensors_in(batch) for batch in batches]
    if len({tuple(t.shape[1:] for t in c) for c in columns}) != 1:
        raise CannotJudgeError("the examples differ in shape between batches")
    if sum(t.numel() for c in columns for t in c) > 250_000_000:
        raise CannotJudgeError("the examples are too large to be put in another order")
    whole = [torch.cat(parts) for parts in zip(*columns)]
    groups = [torch.as_tensor(order[i : i + size]) for i in range(0, len(order) - size + 1, size)]
    return [_filled(batches[0], [t[rows] for t in whole]) for rows in groups]


def _filled(like: Any, tensors: list[Tensor]) -> Any:
    """The structure of ``like`` with other tensors."""
    left = iter(tensors)
    return map_tensors(lambda _: next(left), like)


def keys_of(tensors: Sequence[Tensor]) -> list[bytes]:
    """One key per example: equal where the examples are bit for bit the same.

    >>> first, second, third = keys_of([torch.tensor([[1, 2], [1, 3], [1, 2]])])
    >>> first == third, first == second
    (True, False)
    """
    parts = [np.ascontiguousarray(_plain(t)).reshape(len(t), -1) for t in tensors]
    return [b"|".join(part[i].tobytes() for part in parts) for i in range(len(parts[0]))]


def _plain(tensor: Tensor) -> np.ndarray:
    flat = tensor.detach().cpu()
    return flat.float().numpy() if flat.dtype == torch.bfloat16 else flat.numpy()
