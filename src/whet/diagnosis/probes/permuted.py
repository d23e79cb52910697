"""How much of a model's skill is lost when one column of a table is dealt out anew among the examples.

Of pictures ``picture_regions`` asks the same.
Source: Breiman, "Random Forests", 2001; Fisher et al., "All Models are Wrong, but Many are Useful", JMLR 2019.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.margins import errors_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.goal import Goal, goal
from whet.diagnosis.probes.predictions import predictions
from whet.diagnosis.probes.seen import trained
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.rng import make_generator

__all__ = ["Permuted", "permuted", "trivial_errors"]

COLUMNS = (4, 64)  # fewest and most
BATCHES, FEWEST = 8, 64  # batches at most, examples at least
SECONDS = 4.0


@dataclass(frozen=True, kw_only=True)
class Permuted:
    """Line i belongs to validation example i of those looked at."""

    errors: np.ndarray  # (N,) as ``margins.errors_of``
    trivial: np.ndarray  # (N,) of always the commonest class, or the mean
    names: tuple[str, ...]  # of the columns
    without: np.ndarray  # (P, N) errors when column p says nothing about the example


def permuted(case: Case) -> Permuted:
    """Of the user's model where it came trained, else of the copy trained by us."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    setup = case.setup.copy() if case.setup.was_trained else replace(trained(case).setup)
    kind, chosen = case.ask(goal), case.ask(batches).valid[:BATCHES]
    if kind.kind == "unknown" or not chosen:
        raise CannotJudgeError("needs validation batches and one of PyTorch's loss functions")
    num_columns = _columns(setup, kind, chosen)
    truth, scores, _ = predictions(setup, kind, chosen)
    if len(truth) < FEWEST:
        raise CannotJudgeError(f"needs {FEWEST} validation examples")
    sort = "numbers" if kind.kind == "numbers" else "classes"
    until = time.monotonic() + min(SECONDS, case.left_s())
    names, without = [], []
    for column in range(num_columns):
        dealt = _Dealt(column, case.seed)
        handle = setup.model.register_forward_pre_hook(dealt, with_kwargs=True)
        try:
            without.append(errors_of(sort, truth, predictions(setup, kind, chosen)[1]))
        finally:
            handle.remove()
        names.append(f"column {column}")
        if time.monotonic() > until:
            raise CannotJudgeError("the model is too slow to be asked about every part of its inputs")
    return Permuted(
        errors=errors_of(sort, truth, scores),
        trivial=trivial_errors(sort, truth),
        names=tuple(names),
        without=np.stack(without),
    )


def _columns(setup: Setup, kind: Goal, chosen: tuple[Any, ...]) -> int:
    """Columns of the one input; CannotJudgeError where there is not one, with an example per row."""
    shapes: list[tuple[int, ...]] = []

    def note(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        is_one = len(args) == 1 and not kwargs and isinstance(args[0], Tensor) and args[0].is_floating_point()
        shapes.append(tuple(args[0].shape) if is_one else ())

    handle = setup.model.register_forward_pre_hook(note, with_kwargs=True)
    try:
        truth, _, _ = predictions(setup, kind, chosen[:1])
    finally:
        handle.remove()
    shape = shapes[0] if shapes else ()
    is_table = len(shape) == 2 and COLUMNS[0] <= shape[1] <= COLUMNS[1]
    if not is_table or shape[0] != len(truth) or shape[0] < 8:
        raise CannotJudgeError("parts of inputs are known for tables and pictures, in batches of 8 or more")
    return shape[1]


class _Dealt:
    """Deals one column out anew among the examples of each batch."""

    def __init__(self, column: int, seed: int) -> None:
        self.column, self.generator = column, make_generator(seed, "dealt out")

    def __call__(self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        changed = args[0].clone()
        order = torch.randperm(len(changed), generator=self.generator).to(changed.device)
        changed[:, self.column] = changed[order, self.column]
        return (changed,), dict(kwargs)


def trivial_errors(sort: str, truth: np.ndarray) -> np.ndarray:
    """(N,) as ``margins.errors_of``, of always the commonest class, or the mean."""
    if sort == "classes":
        return np.asarray(truth != np.bincount(truth[truth >= 0]).argmax(), dtype=np.float64)
    return np.asarray(np.square(truth - truth.mean()))
