"""Where recipes meet: the same examples, folds and seeds for each, so that every comparison is paired.

An arena with one part per repeat is a fixed hold-out; with K parts it is cross-validation, and the scores of a repeat
are out-of-fold scores of every example.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from whet.data.splits import folds, split
from whet.improving.prepare import Prepared, truth_of
from whet.planning.fidelity import Fidelity
from whet.rng import make_numpy_generator

__all__ = ["Arena", "cross_validation", "hold_out", "inner", "thinned"]

Parts = Sequence[tuple[np.ndarray, np.ndarray]]  # (training rows, evaluated rows) of the development data


@dataclass(frozen=True, kw_only=True)
class Arena:
    """``evaluated``: rows of the development data that get a score, sorted; the order of every score array."""

    name: str
    evaluated: np.ndarray
    truth: np.ndarray  # (N,) for metrics
    clusters: np.ndarray  # (N,)
    parts_of: Callable[[int], Parts]  # repeat -> parts
    num_parts: int
    num_train: int  # examples in one training

    def fold_ids(self, repeats: int) -> np.ndarray | None:
        """(repeats, N): which part evaluated each example; None for a fixed hold-out."""
        if self.num_parts == 1:
            return None
        ids = np.zeros((repeats, len(self.evaluated)), dtype=np.int64)
        for repeat in range(repeats):
            for number, (_, valid) in enumerate(self.parts_of(repeat)):
                ids[repeat, np.searchsorted(self.evaluated, valid)] = number
        return ids


def hold_out(prepared: Prepared) -> Arena:
    """Train on the training part, evaluate on the validation part; repeats differ in their seed only."""
    return _arena("valid", prepared, np.sort(prepared.valid), lambda _: [(prepared.train, np.sort(prepared.valid))], 1)


def cross_validation(prepared: Prepared, *, num_folds: int, seed: int) -> Arena:
    """Out-of-fold over training and validation parts together; each repeat has a partition of its own."""
    rows = np.arange(len(prepared.data))
    known: dict[int, Parts] = {}

    def parts_of(repeat: int) -> Parts:
        if repeat not in known:
            known[repeat] = folds(
                prepared.data, prepared.clusters, num_folds=num_folds, repeats=1, seed=seed * 1000 + repeat
            )
        return known[repeat]

    return _arena(f"out-of-fold-{num_folds}", prepared, rows, parts_of, num_folds)


def inner(prepared: Prepared, outer: Arena, *, seed: int) -> Arena:
    """An inner split of training rows for screening; no validation row of a hold-out is ever in it."""
    train = np.sort(outer.parts_of(0)[0][0])
    parts = split(
        prepared.data.take(train),
        prepared.clusters[train],
        test_fraction=0.0,
        valid_fraction=0.25,
        seed=seed,
        stratify=True,
    )
    fixed = [(train[parts.train], np.sort(train[parts.valid]))]
    return _arena("inner", prepared, fixed[0][1], lambda _: fixed, 1)


def thinned(arena: Arena, fidelity: Fidelity, *, seed: int, labels: np.ndarray | None = None) -> Arena:
    """The same examples to evaluate, and a part of the training rows; all of them at full fidelity.

    Larger parts hold the smaller ones. ``labels`` (N,) of the development data: each label has its share of the part,
    and at least one example where the part has room; None: a part drawn plainly.
    """
    if fidelity.examples == 1:
        return arena

    def parts_of(repeat: int) -> Parts:
        found = []
        for number, (train, valid) in enumerate(arena.parts_of(repeat)):
            stream = make_numpy_generator(seed, "thinned", str(repeat), str(number))
            order = stream.permutation(len(train))
            if labels is not None:
                order = _mixed(order, labels[train])
            found.append((fidelity.chosen(train, order=order), valid))
        return found

    num_train = len(parts_of(0)[0][0])
    return replace(arena, name=f"{arena.name}, {num_train} examples", parts_of=parts_of, num_train=num_train)


def _mixed(order: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """``order`` rearranged such that each beginning of it has every label in proportion, one of each first."""
    _, codes = np.unique(labels[order], return_inverse=True)
    counts = np.bincount(codes)
    place = np.empty(len(order))  # of each example among those of its label
    place[np.argsort(codes, kind="stable")] = np.concatenate([np.arange(count) for count in counts])
    return np.asarray(order[np.argsort(place / counts[codes], kind="stable")])


def _arena(name: str, prepared: Prepared, rows: np.ndarray, parts_of: Callable[[int], Parts], num_parts: int) -> Arena:
    assert prepared.data.target is not None
    return Arena(
        name=name,
        evaluated=rows,
        truth=truth_of(prepared.target, prepared.data.target[rows]),
        clusters=prepared.clusters[rows],
        parts_of=parts_of,
        num_parts=num_parts,
        num_train=len(parts_of(0)[0][0]),
    )
