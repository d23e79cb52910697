"""Examples with the very same inputs and different labels, among the batches that were read."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.forwarding import OrdinaryForward, inputs_and_targets
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.rows import keys_of
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError

__all__ = ["Conflicts", "conflicts"]

MOST = 20_000  # examples
WIDE = 16  # input values from which one number in all of them is no ordinary row of a discrete table


@dataclass(frozen=True, kw_only=True)
class Conflicts:
    """Counts of examples."""

    total: int
    repeated: int  # have a twin with the same inputs
    conflicting: int  # have a twin with another label
    lost: float  # share of all that even the best rule gets wrong: all but the commonest label of each group
    expected: float  # the same share, had the labels of twins nothing to do with one another
    distinct: int  # different inputs
    blank: int = 0  # examples whose inputs are many and all one number, the same as those of other examples
    blank_lost: float = 0.0  # of ``lost``, what is theirs


def conflicts(case: Case) -> Conflicts:
    """By hashes of the inputs' bytes; one label per example."""
    setup = case.setup
    if setup is None:
        raise CannotJudgeError("needs the model and its data")
    if not isinstance(setup.forward, OrdinaryForward):
        raise CannotJudgeError("with a forward of the user's own, what the inputs are is not known")
    labels_of: dict[bytes, list[int]] = defaultdict(list)
    blank: set[bytes] = set()
    total = 0
    for batch in case.ask(batches).first:
        for key, label, is_blank in _keyed(batch):
            labels_of[key].append(label)
            total += 1
            if is_blank:
                blank.add(key)
        if total >= MOST:
            break
    return _count(labels_of, total, blank)


def _keyed(batch: Any) -> list[tuple[bytes, int, bool]]:
    args, kwargs, given = inputs_and_targets(batch, None)
    inputs = tensors_in((args, kwargs))
    if not isinstance(given, Tensor) or given.ndim != 1 or given.is_floating_point():
        raise CannotJudgeError("needs one class label per example")
    if not inputs or any(not t.ndim or len(t) != len(given) for t in inputs):
        raise CannotJudgeError("the inputs' first axis is not the examples'")
    blank = _are_blank(inputs)
    return [(hashlib.sha256(k).digest(), int(label), b) for k, label, b in zip(keys_of(inputs), given, blank)]


def _are_blank(inputs: list[Tensor]) -> list[bool]:
    """Of each example, whether every input tensor holds one number only."""
    if sum(t[0].numel() for t in inputs) < WIDE:
        return [False] * len(inputs[0])
    flat = [t.reshape(len(t), -1) for t in inputs]
    return torch.stack([(t == t[:, :1]).all(dim=1) for t in flat]).all(dim=0).tolist()


def _count(labels_of: dict[bytes, list[int]], total: int, blank: set[bytes]) -> Conflicts:
    groups = [labels for labels in labels_of.values() if len(labels) > 1]
    shares = Counter(label for labels in labels_of.values() for label in labels)
    commonest = max(shares.values(), default=0) / max(1, total)
    repeated = sum(map(len, groups))
    lost = _lost(groups) / max(1, total)
    alike = [labels_of[key] for key in blank if len(labels_of[key]) > 1]
    return Conflicts(
        total=total,
        repeated=repeated,
        conflicting=sum(len(g) for g in groups if len(set(g)) > 1),
        lost=lost,
        expected=(1 - commonest) * sum(len(g) - 1 for g in groups) / max(1, total),
        distinct=len(labels_of),
        blank=sum(map(len, alike)),
        blank_lost=_lost(alike) / max(1, total),
    )


def _lost(groups: list[list[int]]) -> int:
    """Examples that the commonest label of their group gets wrong."""
    return sum(len(g) - max(Counter(g).values()) for g in groups)
