"""How many validation examples are among the training ones, bit for bit, against chance repeats."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Subset

from whet.diagnosis.case import Case
from whet.diagnosis.forwarding import OrdinaryForward, inputs_and_targets
from whet.diagnosis.probes.near_copies import Near, near_copies, repeats_by_chance
from whet.diagnosis.probes.rows import keys_of
from whet.diagnosis.probes.short_runs import as_reason, deadline
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError, WhetError
from whet.rng import drawing_globally, make_numpy_generator

__all__ = ["Shared", "shared_examples"]

MOST = 20_000  # examples read of each loader
MOST_S = 3.0
ROWS, COLUMNS = 4000, 256  # kept of the examples themselves


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Counts of examples."""

    valid: int  # looked at
    found: int  # of those, also among the training examples
    train: int  # looked at
    repeats: float  # share of training examples that have a twin among the other training examples
    kinds: float = 0.0  # of the different validation examples, the share found among the training examples
    by_chance: bool = True  # different examples may well be the same by chance (few columns of few values)
    near: Near | None = None  # of validation examples without a twin; None: not looked at
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
        is_ordinary = isinstance(case.setup.forward, OrdinaryForward)
        train_kept, valid_kept = (_Rows(is_ordinary=is_ordinary, seed=case.seed) for _ in range(2))
        train = _keys(case.setup.train, until, train_kept)
        valid = _keys(case.setup.valid, until + MOST_S / 2, valid_kept)
    counts, different = Counter(train), set(valid)
    if len(counts) < 2 or len(valid) < 5:
        raise CannotJudgeError("too few different examples to compare")
    return Shared(
        valid=len(valid),
        found=sum(key in counts for key in valid),
        train=len(train),
        repeats=sum(n for n in counts.values() if n > 1) / len(train),
        kinds=sum(key in counts for key in different) / len(different),
        by_chance=repeats_by_chance(train_kept.table(), case.seed) if different & counts.keys() else True,
        near=_near(train_kept, valid_kept),
        by_index=False,
    )


@dataclass(kw_only=True)
class _Rows:
    """The first examples as rows of numbers."""

    is_ordinary: bool  # which tensor is the targets is known
    seed: int
    inputs: list[np.ndarray] = field(default_factory=list)
    targets: list[np.ndarray] = field(default_factory=list)
    are_numbers: bool = True  # floating point

    def add(self, batch: Any, tensors: list[Tensor]) -> None:
        if sum(map(len, self.inputs)) >= ROWS:
            return
        if self.is_ordinary:
            try:
                args, kwargs, given = inputs_and_targets(batch, None)
            except WhetError:  # batches of another kind: all their tensors are the row
                args, kwargs, given = (), {}, None
            tensors = [t for t in tensors_in((args, kwargs)) if t.ndim and len(t) == len(tensors[0])] or tensors
            if isinstance(given, Tensor) and given.ndim == 1 and len(given) == len(tensors[0]):
                self.targets.append(given.detach().cpu().numpy())
        self.are_numbers &= all(t.is_floating_point() for t in tensors)
        flat = torch.cat([t.detach().cpu().reshape(len(t), -1).double() for t in tensors], dim=1)
        order = make_numpy_generator(self.seed, "columns").permutation(flat.shape[1])[:COLUMNS]
        self.inputs.append(np.nan_to_num(flat[:, torch.as_tensor(order)].numpy()))

    def table(self) -> np.ndarray:
        """(N, D); empty where the examples differ in width."""
        same = len({part.shape[1] for part in self.inputs}) == 1
        return np.concatenate(self.inputs) if same else np.zeros((0, 0))


def _near(train: _Rows, valid: _Rows) -> Near | None:
    tables = train.table(), valid.table()
    targets = [np.concatenate(kept.targets) if kept.targets else np.zeros(0) for kept in (train, valid)]
    is_whole = all(len(a) == len(b) for a, b in zip(tables, targets)) and tables[0].shape[1] == tables[1].shape[1]
    if not is_whole or not (train.are_numbers and valid.are_numbers):
        return None
    return near_copies(tables[0], tables[1][:500], (targets[0], targets[1][:500]))


def _keys(loader: Iterable[Any], until: float, kept: _Rows) -> list[bytes]:
    """Inputs and targets together: the same text with another label is another example."""
    keys: list[bytes] = []
    for batch in loader:
        tensors = [t for t in tensors_in(batch) if t.ndim]
        if len(tensors) < 2 or len({len(t) for t in tensors}) != 1:
            raise CannotJudgeError("the batches do not hold one example per entry of the first axis of every tensor")
        kept.add(batch, tensors)
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
