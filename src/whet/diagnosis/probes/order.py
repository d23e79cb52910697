"""In which order the training loader gives its examples: the same twice, and how far from well mixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.goal import Goal, goal
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.short_runs import as_reason
from whet.diagnosis.probes.targets import target_of
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally, make_numpy_generator

__all__ = ["Order", "order", "targets_of"]

BLOCK = 8  # examples that are a block where batches are smaller
DRAWS = 200  # random orders that the real one is compared with
WIDE = 32  # columns that stand for classes, at most
ELSEWHERE = 256  # examples read from all over the dataset, where the first batches are not all of it


@dataclass(frozen=True, kw_only=True)
class Order:
    """How the training examples follow each other."""

    is_repeated: bool  # the second reading began with the same batches
    alike: float  # 0: neighbours are as different as any two examples; 1: all examples of a block have one target
    z: float  # standard deviations above what random orders give
    by_block: tuple[float, ...]  # mean target, or share of the commonest class, for a picture
    num: int  # examples looked at


def order(case: Case) -> Order:
    """Targets of the first epoch, or its first batches and a sample of the rest."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    kind, given = case.ask(goal), case.ask(batches)
    parts = targets_of(case, kind, given.first)
    sizes = [len(p) for p in parts]
    rows = np.concatenate(parts)
    if len(rows) < 40:
        raise CannotJudgeError(f"needs 40 training examples to judge their order; there are {len(rows)}")
    size = max(BLOCK, int(np.median(sizes)))
    blocks = [rows[i : i + size] for i in range(0, len(rows) - size + 1, size)]
    if len(blocks) < 3:
        size = max(BLOCK, len(rows) // 5)
        blocks = [rows[i : i + size] for i in range(0, len(rows) - size + 1, size)]
    elsewhere = [] if given.is_whole else _elsewhere(case, kind)
    pool = np.concatenate(elsewhere) if elsewhere else rows
    alike, z = _alike(blocks, pool, case.seed)
    return Order(
        is_repeated=_same(given.first, given.second),
        alike=alike,
        z=z,
        by_block=tuple(
            float(b.mean(axis=0) @ np.arange(b.shape[1])) if b.shape[1] > 1 else float(b.mean()) for b in blocks
        ),
        num=len(rows),
    )


def targets_of(case: Case, kind: Goal, given: Any) -> list[np.ndarray]:
    """Per batch, (B, K) rows that stand for classes or (B, D) numbers.

    Raises:
        CannotJudgeError: there is no single target per example (token by token), or its meaning is unknown.
    """
    assert case.setup is not None
    setup = case.setup.copy()
    setup.model.eval()
    result = []
    with as_reason("a forward pass"), torch.no_grad():
        for batch in given:
            known = target_of(case, batch)
            if known is not None:
                result.append(_one_row_each(known, kind))
                continue
            seen = run_batch(setup, batch, seed=case.seed)
            if not seen.given:
                raise CannotJudgeError("the loss calls none of PyTorch's losses, so targets are not understood")
            result.append(_one_row_each(seen.given[0][1], kind))
    return result


def _one_row_each(targets: Tensor, kind: Goal) -> np.ndarray:
    values = targets.detach().cpu()
    if kind.kind == "unknown" or not values.ndim:
        raise CannotJudgeError("the meaning of the targets is unknown")
    if kind.kind == "classes" and not values.is_floating_point():
        if values.ndim > 1:
            raise CannotJudgeError("each example has several targets")
        codes = values.clamp(0, kind.num_outputs - 1).long()
        rows: np.ndarray = _code_rows(kind.num_outputs)[codes.numpy()]
        return rows
    flat = values.reshape(len(values), -1).double().numpy()
    if flat.shape[1] > 64:
        raise CannotJudgeError("each example has several targets")
    return flat


def _code_rows(num: int) -> np.ndarray:
    """A row per class: one-hot, or with many classes a random direction of fewer axes."""
    if num <= WIDE:
        return np.eye(num)
    rows: np.ndarray = make_numpy_generator(0, "directions of classes").normal(size=(num, WIDE)) / np.sqrt(WIDE)
    return rows


def _elsewhere(case: Case, kind: Goal) -> list[np.ndarray]:
    """Targets from all over a dataset that can be read by index; else nothing."""
    loader: Any = case.setup.train if case.setup is not None else None
    if not isinstance(loader, DataLoader) or isinstance(loader.dataset, IterableDataset):
        return []
    with as_reason("reading the dataset"), drawing_globally(case.seed, "elsewhere"):
        num = len(loader.dataset)  # type: ignore[arg-type]
        chosen = make_numpy_generator(case.seed, "elsewhere").choice(num, size=min(num, ELSEWHERE), replace=False)
        collate = loader.collate_fn
        groups = [[loader.dataset[int(i)] for i in chosen[j : j + 32]] for j in range(0, len(chosen), 32)]
        return targets_of(case, kind, [collate(g) for g in groups])


def _alike(blocks: list[np.ndarray], pool: np.ndarray, seed: int) -> tuple[float, float]:
    """Spread between block means, as a share of the whole spread above chance; and its distance from random orders."""
    centre = pool.mean(axis=0)
    total = float(((pool - centre) ** 2).sum(axis=1).mean())
    if total <= 1e-12 * (1 + float((centre**2).sum())):
        raise CannotJudgeError("all training targets are the same")
    size = len(blocks[0])
    between = float(np.mean([((b.mean(axis=0) - centre) ** 2).sum() for b in blocks]))
    generator = make_numpy_generator(seed, "random orders")
    draws = []
    for _ in range(DRAWS):
        chosen = generator.permutation(max(len(pool), size * len(blocks)))[: size * len(blocks)] % len(pool)
        mixed = pool[chosen].reshape(-1, size, pool.shape[1])
        draws.append(float(((mixed.mean(axis=1) - centre) ** 2).sum(axis=1).mean()))
    expected, spread = float(np.mean(draws)), float(np.std(draws))
    alike = (between - expected) / max(total - expected, 1e-12)
    return float(np.clip(alike, 0.0, 1.0)), (between - expected) / max(spread, 1e-12 * total)


def _same(first: tuple[Any, ...], second: tuple[Any, ...]) -> bool:
    """The targets and inputs begin alike; transforms that draw may change the inputs, but not every tensor."""
    if not second:
        return False
    pairs = [(tensors_in(a), tensors_in(b)) for a, b in zip(first, second)]
    if any(len(a) != len(b) or any(s.shape != t.shape for s, t in zip(a, b)) for a, b in pairs):
        return False
    columns = zip(*([torch.equal(s, t) for s, t in zip(a, b)] for a, b in pairs))
    return any(all(column) for column in columns)
