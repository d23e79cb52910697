"""Whether labels reach the model as inputs: labels are exchanged, and then noise is learnt."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.passes import Pass, run_batch
from whet.diagnosis.probes.predictions import predictions
from whet.diagnosis.probes.redrawn import redraw
from whet.diagnosis.probes.rows import map_tensors
from whet.diagnosis.probes.short_runs import as_reason, deadline, short_run
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.rng import make_generator

__all__ = ["ShuffledLabels", "shuffled_labels"]

STEPS = 200
RATE = 3e-3


@dataclass(frozen=True, kw_only=True)
class ShuffledLabels:
    """What the model knows of validation labels after a training on exchanged ones."""

    reaches: bool  # labels change outputs
    accuracy: float  # on validation batches; NaN where labels do not reach the outputs
    chance: float  # share of the commonest validation label
    num: int


def shuffled_labels(case: Case) -> ShuffledLabels:
    """The training happens only where labels reach the outputs; otherwise noise cannot teach anything."""
    if case.setup is None or case.setup.valid is None:
        raise CannotJudgeError("needs a validation loader")
    kind, given = case.ask(goal), case.ask(batches)
    if kind.kind not in ("classes", "binary") or not given.valid:
        raise CannotJudgeError("needs classes and validation batches")
    if not _reaches(case, given.first[0]):
        return ShuffledLabels(reaches=False, accuracy=float("nan"), chance=float("nan"), num=0)
    setup = case.setup.copy()
    setup.model.train()
    until = deadline(case.left_s(), share=0.1, most_s=3.0)
    optimizer = torch.optim.Adam([p for p in setup.model.parameters() if p.requires_grad], lr=RATE)
    seen = [_look(setup, b) for b in given.first[:STEPS]]
    # another order for every step: nothing but a label itself then tells the label
    mixed = [_exchanged(given.first[i % len(seen)], seen[i % len(seen)], i) for i in range(STEPS)]
    short_run(setup, mixed, steps=STEPS, until=until, optimizer=optimizer)
    with as_reason("validation"):
        truth, scores, _ = predictions(setup, kind, given.valid)
    return ShuffledLabels(
        reaches=True,
        accuracy=float(np.mean(scores.argmax(axis=1) == truth)),
        chance=float(np.bincount(truth).max() / len(truth)),
        num=len(truth),
    )


def _look(setup: Setup, batch: Any) -> Pass:
    with as_reason("a forward pass"), torch.no_grad():
        return run_batch(setup, batch)


def _exchanged(batch: Any, seen: Pass, index: int) -> Any:
    """The batch with its labels in another order."""
    targets = [t for t in tensors_in(seen.targets) if t.ndim]
    if not targets or targets[0].numel() != len(targets[0]) or len(targets[0]) < 2:
        raise CannotJudgeError("needs one label per example")
    order = torch.randperm(len(targets[0]), generator=make_generator(index, "exchanged labels"))
    changed: list[Tensor] = []

    def change(tensor: Tensor) -> Tensor:
        if tensor.shape != targets[0].shape or not torch.equal(tensor.to(targets[0]), targets[0]):
            return tensor
        changed.append(tensor)
        return tensor[order.to(tensor.device)]

    result = map_tensors(change, batch)
    if not changed:
        raise CannotJudgeError("the labels are computed, not read from the batch")
    return result


def _reaches(case: Case, batch: Any) -> bool:
    """Two drawings of the weights, so that no closed path hides it; evaluation mode."""
    assert case.setup is not None
    model = copy.deepcopy(case.setup.model).eval()
    redraw(model, seed=case.seed)
    setup = replace(case.setup, model=model)
    seen = _look(setup, batch)
    outputs = [tensors_in(s.outputs) for s in (seen, _look(setup, _exchanged(batch, seen, 0)))]
    return any(not torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(*outputs))
