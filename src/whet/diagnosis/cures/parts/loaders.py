"""Training loaders with one thing changed; everything else is as the user had it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader, IterableDataset, RandomSampler, SequentialSampler

from whet.diagnosis.cures.parts.regrouping import join, num_examples, pick

__all__ = ["Changed", "Regrouped", "is_indexed", "rebuilt"]

BUFFER = 256  # batches held at a time while examples are regrouped


def is_indexed(loader: Any) -> bool:
    """A ``DataLoader`` over a dataset with numbered examples, which makes its batches itself."""
    return (
        isinstance(loader, DataLoader)
        and not isinstance(loader.dataset, IterableDataset)
        and loader.batch_size is not None
    )


def rebuilt(
    loader: Any, *, dataset: Any = None, shuffle: bool | None = None, batch_size: int | None = None, collate: Any = None
) -> Any:
    """The same ``DataLoader`` with what is given changed. ``loader`` is one for which ``is_indexed`` holds."""
    settings: dict[str, Any] = {
        "batch_size": batch_size or loader.batch_size,
        "collate_fn": collate or loader.collate_fn,
        "num_workers": loader.num_workers,
        "pin_memory": loader.pin_memory,
        "drop_last": loader.drop_last,
        "timeout": loader.timeout,
        "worker_init_fn": loader.worker_init_fn,
        "multiprocessing_context": loader.multiprocessing_context,
        "persistent_workers": loader.persistent_workers,
    }
    if loader.num_workers:
        settings["prefetch_factor"] = loader.prefetch_factor
    if shuffle is None and dataset is None and not isinstance(loader.sampler, RandomSampler | SequentialSampler):
        settings["sampler"] = loader.sampler
    else:
        settings["shuffle"] = not isinstance(loader.sampler, SequentialSampler) if shuffle is None else shuffle
    return DataLoader(loader.dataset if dataset is None else dataset, **settings)


@dataclass(frozen=True, kw_only=True)
class Changed:
    """Batches of ``source``, each passed through ``change``; those that become None are left out."""

    source: Iterable[Any]
    change: Callable[[Any], Any]

    def __iter__(self) -> Iterator[Any]:
        """One epoch."""
        for batch in self.source:
            changed = self.change(batch)
            if changed is not None:
                yield changed


@dataclass(frozen=True, kw_only=True)
class Regrouped:
    """Examples of ``source`` in new batches of ``times`` as many examples each, shuffled where wanted.

    Draws come from PyTorch's global generator, as a ``DataLoader``'s do.
    """

    source: Iterable[Any]
    times: int = 1
    shuffled: bool = True

    def __iter__(self) -> Iterator[Any]:
        """One epoch."""
        held: list[Any] = []
        for batch in self.source:
            held.append(batch)
            if len(held) == BUFFER:
                yield from self._give(held)
                held = []
        if held:
            yield from self._give(held)

    def _give(self, held: list[Any]) -> Iterator[Any]:
        sizes = [num_examples(b) for b in held]
        total = sum(s or 0 for s in sizes)
        if not sizes[0] or None in sizes:  # cannot be taken apart
            yield from (held[int(i)] for i in (torch.randperm(len(held)) if self.shuffled else range(len(held))))
            return
        order = torch.randperm(total) if self.shuffled else torch.arange(total)
        whole = join(held)
        for rows in order.split(sizes[0] * self.times):  # type: ignore[no-untyped-call]
            yield pick(whole, rows)
