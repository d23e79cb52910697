"""Takes batches apart into examples and puts them together again, whatever structure a loader gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["join", "num_examples", "pick"]


def num_examples(batch: Any) -> int | None:
    """By the first axis of what is in it; None where the parts disagree or have none.

    >>> num_examples((torch.zeros(4, 2), [torch.zeros(4), "x"])), num_examples({"a": torch.zeros(3)})
    (None, 3)
    """
    sizes = _sizes(batch)
    return sizes.pop() if len(sizes) == 1 else None


def pick(batch: Any, rows: Tensor) -> Any:
    """The examples ``rows`` (int64) of a batch.

    >>> pick([torch.tensor([5, 6, 7]), ["a", "b", "c"]], torch.tensor([2, 0]))
    [tensor([7, 5]), ['c', 'a']]
    """
    if isinstance(batch, Tensor):
        return batch[rows.to(batch.device)]
    if isinstance(batch, np.ndarray):
        return batch[rows.numpy()]
    if isinstance(batch, Mapping):
        return {key: pick(value, rows) for key, value in batch.items()}
    if _is_list_of_words(batch):
        return [batch[int(i)] for i in rows]
    return _same_kind(batch, [pick(value, rows) for value in batch])


def join(batches: list[Any]) -> Any:
    """One batch of all examples, in order."""
    first = batches[0]
    if isinstance(first, Tensor):
        return torch.cat(batches)
    if isinstance(first, np.ndarray):
        return np.concatenate(batches)
    if isinstance(first, Mapping):
        return {key: join([b[key] for b in batches]) for key in first}
    if _is_list_of_words(first):
        return [value for batch in batches for value in batch]
    return _same_kind(first, [join(list(parts)) for parts in zip(*batches, strict=True)])


def _same_kind(like: Any, parts: list[Any]) -> Any:
    if isinstance(like, tuple):
        return type(like)(*parts) if hasattr(like, "_fields") else tuple(parts)
    return parts


def _is_list_of_words(batch: Any) -> bool:
    return isinstance(batch, list | tuple) and bool(batch) and all(isinstance(v, str | int | float) for v in batch)


def _sizes(batch: Any) -> set[int | None]:
    if isinstance(batch, Tensor | np.ndarray):
        return {batch.shape[0] if batch.ndim else None}
    if isinstance(batch, Mapping):
        return {size for value in batch.values() for size in _sizes(value)}
    if _is_list_of_words(batch):
        return {len(batch)}
    if isinstance(batch, list | tuple):
        return {size for value in batch for size in _sizes(value)}
    return {None}
