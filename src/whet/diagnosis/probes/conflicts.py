"""Examples with the very same inputs and different labels, among the batches that were read."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.forwarding import OrdinaryForward, inputs_and_targets
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.passes import tensors_in
from whet.errors import CannotJudgeError

__all__ = ["Conflicts", "conflicts"]

MOST = 20_000  # examples


@dataclass(frozen=True, kw_only=True)
class Conflicts:
    """Counts of examples."""

    total: int
    repeated: int  # have a twin with the same inputs
    conflicting: int  # have a twin with another label
    lost: float  # share of all that even the best rule gets wrong: all but the commonest label of each group
    expected: float  # the same share, had the labels of twins nothing to do with one another
    distinct: int  # different inputs


def conflicts(case: Case) -> Conflicts:
    """By hashes of the inputs' bytes; one label per example."""
    setup = case.setup
    if setup is None:
        raise CannotJudgeError("needs the model and its data")
    if not isinstance(setup.forward, OrdinaryForward):
        raise CannotJudgeError("with a forward of the user's own, what the inputs are is not known")
    labels_of: dict[bytes, list[int]] = defaultdict(list)
    total = 0
    for batch in case.ask(batches).first:
        for key, label in _keyed(batch):
            labels_of[key].append(label)
            total += 1
        if total >= MOST:
            break
    return _count(labels_of, total)


def _keyed(batch: Any) -> list[tuple[bytes, int]]:
    args, kwargs, given = inputs_and_targets(batch, None)
    inputs = tensors_in((args, kwargs))
    if not isinstance(given, Tensor) or given.ndim != 1 or given.is_floating_point():
        raise CannotJudgeError("needs one class label per example")
    if not inputs or any(not t.ndim or len(t) != len(given) for t in inputs):
        raise CannotJudgeError("the inputs' first axis is not the examples'")
    rows = [t.detach().cpu().contiguous().reshape(len(given), -1) for t in inputs]
    return [
        (hashlib.sha256(b"|".join(r[i].numpy().tobytes() for r in rows)).digest(), int(label))
        for i, label in enumerate(given)
    ]


def _count(labels_of: dict[bytes, list[int]], total: int) -> Conflicts:
    groups = [labels for labels in labels_of.values() if len(labels) > 1]
    shares = Counter(label for labels in labels_of.values() for label in labels)
    commonest = max(shares.values(), default=0) / max(1, total)
    repeated = sum(map(len, groups))
    lost = sum(len(g) - max(Counter(g).values()) for g in groups) / max(1, total)
    return Conflicts(
        total=total,
        repeated=repeated,
        conflicting=sum(len(g) for g in groups if len(set(g)) > 1),
        lost=lost,
        expected=(1 - commonest) * sum(len(g) - 1 for g in groups) / max(1, total),
        distinct=len(labels_of),
    )
