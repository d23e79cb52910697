"""Random transforms of training examples, judged by a copy of the model that learnt untouched validation examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from whet.diagnosis.case import Case
from whet.diagnosis.probes.goal import Goal, goal
from whet.diagnosis.probes.predictions import predictions
from whet.diagnosis.probes.short_runs import as_reason, deadline, short_run, without_dropout
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally, make_numpy_generator

__all__ = ["Transformed", "is_random", "transformed"]

MOST = 384  # examples of each kind
STEPS = 200
RATE = 3e-3
BATCH = 32
SURE = 0.9  # probability of the predicted class


@dataclass(frozen=True, kw_only=True)
class Transformed:
    """Shares of held-out examples; ``num`` of each kind."""

    clean_error: float  # of a copy taught clean examples, on clean ones
    clean_sure_wrong: float  # and surely wrong
    moved_sure_wrong: float  # the same copy, surely wrong on transformed training examples
    own_error: float  # of a copy taught transformed examples, on other transformed ones
    num: int


def is_random(case: Case) -> bool:
    """Whether the training dataset gives the same example in different versions."""
    loader = _loader(case, "train")
    with as_reason("reading the training dataset"), drawing_globally(case.seed, "transforms"):
        num = min(8, len(loader.dataset))  # type: ignore[arg-type]
        for i in range(num):
            first, second = tensors_in(loader.dataset[i]), tensors_in(loader.dataset[i])
            if any(a.shape != b.shape or not torch.equal(a, b) for a, b in zip(first, second)):
                return True
    return False


def transformed(case: Case) -> Transformed:
    """Two short trainings with an optimiser of our own."""
    kind = case.ask(goal)
    if kind.kind not in ("classes", "binary"):
        raise CannotJudgeError("needs classes")
    until = deadline(case.left_s(), share=0.25, most_s=4.0)
    clean, moved = _read(case, "valid"), _read(case, "train")
    num = min(len(clean), len(moved)) * BATCH
    if num < 128:
        raise CannotJudgeError(f"needs 128 training and 128 validation examples; there are {num}")
    on_clean = _taught(case, clean[: len(clean) // 2], until)
    on_moved = _taught(case, moved[: len(moved) // 2], until + 3.0)
    truth, sure, wrong = _answers(on_clean, kind, clean[len(clean) // 2 :])
    _, moved_sure, moved_wrong = _answers(on_clean, kind, moved)
    _, _, own_wrong = _answers(on_moved, kind, moved[len(moved) // 2 :])
    return Transformed(
        clean_error=float(wrong.mean()),
        clean_sure_wrong=float((sure & wrong).mean()),
        moved_sure_wrong=float((moved_sure & moved_wrong).mean()),
        own_error=float(own_wrong.mean()),
        num=len(truth),
    )


def _loader(case: Case, part: str) -> DataLoader[Any]:
    loader = getattr(case.setup, part, None)
    if not isinstance(loader, DataLoader) or isinstance(loader.dataset, IterableDataset):
        raise CannotJudgeError(f"needs a DataLoader of a dataset that is read by index as the {part} loader")
    return loader


def _read(case: Case, part: str) -> list[Any]:
    """Whole batches of examples drawn without order."""
    loader = _loader(case, part)
    collate = loader.collate_fn
    with as_reason(f"reading the {part} dataset"), drawing_globally(case.seed, "transforms", part):
        order = make_numpy_generator(case.seed, "transforms", part).permutation(len(loader.dataset))[:MOST]  # type: ignore[arg-type]
        whole = len(order) // BATCH * BATCH
        groups = [order[i : i + BATCH] for i in range(0, whole, BATCH)]
        return [collate([loader.dataset[int(i)] for i in g]) for g in groups]


def _taught(case: Case, given: Sequence[Any], until: float) -> Setup:
    assert case.setup is not None
    setup = case.setup.copy()
    without_dropout(setup.model.train())
    optimizer = torch.optim.Adam([p for p in setup.model.parameters() if p.requires_grad], lr=RATE)
    short_run(setup, given, steps=STEPS, until=until, optimizer=optimizer)
    return setup


def _answers(setup: Setup, kind: Goal, given: Sequence[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with as_reason("a forward pass"):
        truth, scores, _ = predictions(setup, kind, given)
    return truth, scores.max(axis=1) > SURE, scores.argmax(axis=1) != truth
