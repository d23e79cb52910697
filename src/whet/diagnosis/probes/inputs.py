"""What the model was given, as plain tables: one row of numbers per example, for simple models and comparisons.

Small inputs are taken as they are, large ones pooled; codes (tokens, categories) become counts. Every input also gives
its mean, spread, least and most per example, so that a wrong scale shows.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.goal import Goal, goal
from whet.diagnosis.probes.passes import Pass, run_batch
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError

__all__ = ["Inputs", "inputs", "table_of"]

PLAIN = 256  # numbers per example that are taken as they are
POOLED = 8  # sides of what is larger
BUCKETS = 256  # counts of codes; further codes share them
POSITIONS = 8  # codes per example up to which it matters which one stands where
MOST = 3_000  # training examples; of more batches every second, third, ... is read
SECONDS = 4.0  # for each part


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Rows follow the batches of the loaders, from their beginning."""

    train: np.ndarray  # (N, D) float64, finite
    valid: np.ndarray  # (M, D)
    train_truth: np.ndarray  # (N,) as ``Goal.codes`` gives them
    valid_truth: np.ndarray  # (M,)
    train_level: tuple[float, float]  # mean and standard deviation over all numbers of the inputs
    valid_level: tuple[float, float]


def inputs(case: Case) -> Inputs:
    """Read them where the model gets them: at its forward."""
    given, kind = case.ask(batches), case.ask(goal)
    if not given.valid:
        raise CannotJudgeError("needs validation batches")
    if kind.kind == "unknown":
        raise CannotJudgeError("the loss calls none of PyTorch's loss functions, so what a target means is unknown")
    train, valid = _part(case, kind, _spread(given.first)), _part(case, kind, given.valid)
    if train.table.shape[1] != valid.table.shape[1]:
        raise CannotJudgeError("inputs of training and validation batches have different shapes")
    return Inputs(
        train=train.table,
        valid=valid.table,
        train_truth=train.truth,
        valid_truth=valid.truth,
        train_level=train.level,
        valid_level=valid.level,
    )


@dataclass(frozen=True, kw_only=True)
class _Part:
    table: np.ndarray
    truth: np.ndarray
    level: tuple[float, float]


def _spread(chosen: Sequence[Any]) -> Sequence[Any]:
    """Batches from all over an epoch: data in an order must not show in what is read."""
    sizes = [len(found[0]) for batch in chosen if (found := tensors_in(batch)) and found[0].ndim]
    return chosen[:: max(1, -(-sum(sizes) // MOST))]


def _part(case: Case, kind: Goal, chosen: Sequence[Any]) -> _Part:
    assert case.setup is not None
    setup = case.setup.copy()
    setup.model.eval()
    tables, truths, sums, until = [], [], np.zeros(3), time.monotonic() + SECONDS
    with torch.no_grad():
        for batch in chosen:
            seen = run_batch(setup, batch, seed=case.seed)
            truth = kind.codes(seen.given[0][1] if seen.given else seen.targets)
            counts = truth >= 0 if kind.kind == "classes" else np.ones(len(truth), dtype=bool)
            tables.append(table_of(seen, len(truth))[counts])
            truths.append(truth[counts])
            sums += _sums(seen)
            if time.monotonic() > until:
                break
    if len({t.shape[1] for t in tables}) != 1:
        raise CannotJudgeError("the inputs differ in shape from batch to batch")
    mean = sums[1] / max(sums[0], 1)
    spread = float(np.sqrt(max(sums[2] / max(sums[0], 1) - mean**2, 0.0)))
    return _Part(table=np.concatenate(tables), truth=np.concatenate(truths), level=(float(mean), spread))


def _sums(seen: Pass) -> np.ndarray:
    """(3,) how many numbers the inputs hold, their sum and the sum of their squares."""
    found = np.zeros(3)
    for tensor in tensors_in([list(seen.args), dict(seen.kwargs)]):
        if tensor.is_floating_point():
            values = torch.nan_to_num(tensor.detach().double().cpu(), posinf=0.0, neginf=0.0)
            found += [values.numel(), float(values.sum()), float(values.square().sum())]
    return found


def table_of(seen: Pass, num: int) -> np.ndarray:
    """(B, D): one batch as the model's forward was given it.

    Raises:
        CannotJudgeError: no input has one row per target (sequences with one target per step).
    """
    tensors = tensors_in([list(seen.args), dict(seen.kwargs)])
    bags = _bags(tensors, num)
    if bags is not None:
        return bags
    rows = [t for each in tensors if (t := _by_row(each, num)) is not None]
    if not rows:
        raise CannotJudgeError("no input of the model has one row per target")
    return np.concatenate([_plain(t) for t in rows], axis=1)


def _by_row(given: Tensor, num: int) -> Tensor | None:
    """The batch axis first; None where there is none."""
    if given.ndim == 0:
        return None
    if given.shape[0] == num:
        return given
    return given.transpose(0, 1) if given.ndim > 1 and given.shape[1] == num else None


def _bags(tensors: Sequence[Tensor], num: int) -> np.ndarray | None:
    """Counts of flat codes with offsets, as embedding bags take them; None where the inputs are no such pair."""
    flat = [t for t in tensors if t.ndim == 1 and not t.is_floating_point()]
    if len(flat) != 2 or len(flat[1]) != num or len(flat[0]) == num or int(flat[1][0]) != 0:
        return None
    codes, offsets = flat[0].cpu().numpy(), flat[1].cpu().numpy()
    if (np.diff(offsets) < 0).any():
        return None
    row = np.searchsorted(offsets, np.arange(len(codes)), side="right") - 1
    return _counts(row, codes, num)


def _counts(row: np.ndarray, codes: np.ndarray, num: int) -> np.ndarray:
    found = np.zeros((num, BUCKETS))
    np.add.at(found, (row, codes % BUCKETS), 1.0)
    return np.sqrt(found)


def _plain(given: Tensor) -> np.ndarray:
    num = len(given)
    if not given.is_floating_point() or given.is_complex():
        return _of_codes(given.reshape(num, -1).cpu().numpy().astype(np.int64))
    values = torch.nan_to_num(given.detach().double().cpu(), posinf=0.0, neginf=0.0)
    flat = values.reshape(num, -1)
    told = torch.stack([flat.mean(1), flat.std(1, correction=0), flat.amin(1), flat.amax(1)], dim=1)
    return torch.cat([_small(values), told], dim=1).numpy()


def _of_codes(codes: np.ndarray) -> np.ndarray:
    num, width = codes.shape
    if width <= POSITIONS:
        codes = codes + np.arange(width) * (BUCKETS // POSITIONS)  # the same code elsewhere is another bucket
    return _counts(np.repeat(np.arange(num), width), codes.reshape(-1), num)


def _small(values: Tensor) -> Tensor:
    """(B, ...) -> (B, D) with D of a few hundred at most; wide rows of columns are kept."""
    num = len(values)
    if values[0].numel() <= PLAIN or values.ndim <= 2:
        return values.reshape(num, -1)[:, : 16 * PLAIN]
    planes = values.reshape(num, -1, *values.shape[-2:])[:, :4]
    pooled = adaptive_avg_pool2d(planes, POOLED)
    return torch.cat([pooled.reshape(num, -1), planes.std(dim=(-2, -1), correction=0)], dim=1)
