"""How many validation examples are among the training ones, bit for bit, against chance repeats."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch.utils.data import DataLoader, Subset

from whet.diagnosis.case import Case
from whet.diagnosis.probes.passes import tensors_in
from whet.diagnosis.probes.rows import keys_of
from whet.diagnosis.probes.short_runs import as_reason, deadline
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally

__all__ = ["Shared", "shared_examples"]

MOST = 20_000  # examples read of each loader
MOST_S = 3.0


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Counts of examples."""

    valid: int  # looked at
    found: int  # of those, also among the training examples
    train: int  # looked at
    repeats: float  # share of training examples that have a twin among the other training examples
    by_index: bool  # known from the indices of one dataset, not from the values


def shared_examples(case: Case) -> Shared:
    """By index where both loaders are parts of one dataset, else by value."""
    if case.setup is None or case.setup.valid is None:
        raise CannotJudgeError("needs a validation loader")
    by_index = _by_index(case.setup.train, case.setup.valid)
    if by_index is not None and by_index.found:
        return by_index
    until = deadline(case.left_s(), share=0.15, most_s=MOST_S)
    with as_reason("reading the loaders"), drawing_globally(case.seed, "shared examples"):
        train = _keys(case.setup.train, until)
        valid = _keys(case.setup.valid, until + MOST_S / 2)
    counts = Counter(train)
    if len(counts) < 2 or len(valid) < 5:
        raise CannotJudgeError("too few different examples to compare")
    return Shared(
        valid=len(valid),
        found=sum(key in counts for key in valid),
        train=len(train),
        repeats=sum(n for n in counts.values() if n > 1) / len(train),
        by_index=False,
    )


def _keys(loader: Iterable[Any], until: float) -> list[bytes]:
    """Inputs and targets together: the same text with another label is another example."""
    keys: list[bytes] = []
    for batch in loader:
        tensors = [t for t in tensors_in(batch) if t.ndim]
        if len(tensors) < 2 or len({len(t) for t in tensors}) != 1:
            raise CannotJudgeError("the batches do not hold one example per entry of the first axis of every tensor")
        keys += [hash(key).to_bytes(8, "big", signed=True) for key in keys_of(tensors)]
        if len(keys) >= MOST or time.monotonic() >= until:
            break
    return keys


def _by_index(train: object, valid: object) -> Shared | None:
    if not isinstance(train, DataLoader) or not isinstance(valid, DataLoader):
        return None
    (base, of_train), (other, of_valid) = _indices(train.dataset), _indices(valid.dataset)
    if base is not other or not of_valid or not of_train:
        return None
    known = set(of_train)
    found = sum(i in known for i in of_valid)
    return Shared(valid=len(of_valid), found=found, train=len(of_train), repeats=0.0, by_index=True)


def _indices(dataset: Any) -> tuple[Any, list[int]]:
    """The dataset below all subsets, and which of its examples are meant."""
    if isinstance(dataset, Subset):
        base, inner = _indices(dataset.dataset)
        return base, [inner[i] for i in dataset.indices] if inner else []
    try:
        return dataset, list(range(len(dataset)))
    except TypeError:
        return dataset, []
