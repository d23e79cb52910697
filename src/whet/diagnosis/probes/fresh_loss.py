"""The loss of the model as it is, beside that of a model that knows nothing but the targets' frequencies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.goal import Goal, goal
from whet.diagnosis.probes.pace import affordable, light
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.short_runs import as_reason
from whet.errors import CannotJudgeError

__all__ = ["FreshLoss", "fresh_loss"]

LOOKED_AT = 8  # batches
IGNORED = -100  # PyTorch's mark of targets that do not count


@dataclass(frozen=True, kw_only=True)
class FreshLoss:
    """Our own plain mean, so that weights, smoothing, sums and further terms of the user's loss do not matter."""

    value: float
    chance: float  # classes: log K; yes/no: log 2; numbers: the variance of the targets
    by_batch: tuple[float, ...]
    target_mean: float  # of numbers
    target_std: float
    output_mean: float


def fresh_loss(case: Case) -> FreshLoss:
    """Mean over the first batches, in training mode: normalisation layers have no statistics yet."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    kind, setup = case.ask(goal), case.setup.copy()
    if kind.kind == "unknown":
        raise CannotJudgeError("the loss calls none of PyTorch's losses, so its level at the start is not known")
    setup.model.train()
    num = affordable(case, most=LOOKED_AT, fewest=1, share=0.1)
    pairs = []
    with as_reason("a forward pass"), torch.no_grad():
        for batch in case.ask(light)[:num]:
            pairs.append(run_batch(setup, batch, seed=case.seed).given[0])
        values = [_plain_loss(kind, outputs.detach().float(), targets.detach()) for outputs, targets in pairs]
    outputs = torch.cat([o.detach().float().flatten() for o, _ in pairs])
    targets = torch.cat([t.detach().float().flatten() for _, t in pairs])
    counts = np.array([len(o) if o.ndim else 1 for o, _ in pairs], dtype=np.float64)
    return FreshLoss(
        value=float(np.average(values, weights=counts)),
        chance=_chance(kind, targets),
        by_batch=tuple(values),
        target_mean=float(targets.mean()),
        target_std=float(targets.std(correction=0)),
        output_mean=float(outputs.mean()),
    )


def _plain_loss(kind: Goal, outputs: Tensor, targets: Tensor) -> float:
    functional = torch.nn.functional
    if kind.kind == "classes":
        log_probs = (
            outputs if kind.expects == "log_probabilities" else outputs.log_softmax(dim=1 if outputs.ndim > 1 else 0)
        )
        if targets.is_floating_point():
            return float(-(targets * log_probs).sum(dim=1).mean())
        counts = (targets != IGNORED) & (targets >= 0) & (targets < kind.num_outputs)
        return float(functional.nll_loss(log_probs, torch.where(counts, targets, IGNORED)))
    if outputs.shape != targets.shape:
        raise CannotJudgeError("outputs and targets differ in shape")
    if kind.kind == "binary":
        logits = outputs if kind.expects == "logits" else outputs.clamp(1e-7, 1 - 1e-7).logit()
        return float(functional.binary_cross_entropy_with_logits(logits, targets.float()))
    return float(functional.mse_loss(outputs, targets.float()))


def _chance(kind: Goal, targets: Tensor) -> float:
    if kind.kind == "classes":
        return math.log(max(2, kind.num_outputs))
    return math.log(2) if kind.kind == "binary" else float(targets.var(correction=0))
