"""Predictions of a model on batches, in evaluation mode, as codes or numbers and scores."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from whet.diagnosis.probes.goal import Goal
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["predictions"]


def predictions(setup: Setup, goal: Goal, batches: Iterable[Any]) -> tuple[np.ndarray, np.ndarray, float]:
    """(N,) truth, (N, K) scores and the mean loss. The modes of the model's modules are put back afterwards.

    Targets that the loss leaves out are left out here too.

    Raises:
        CannotJudgeError: no target counts, or the number of outputs changes from batch to batch.
    """
    modes = {module: module.training for module in setup.model.modules()}
    setup.model.eval()
    truth, scores, losses = [], [], []
    try:
        with torch.no_grad():
            for batch in batches:
                seen = run_batch(setup, batch, seed=setup.seed)
                outputs, targets = seen.given[0] if seen.given else (seen.outputs, seen.targets)
                codes, values = goal.pairs(outputs, targets)
                truth.append(codes)
                scores.append(values)
                losses.append(float(seen.loss.detach()))
    finally:
        for module, mode in modes.items():
            module.training = mode
    if len({s.shape[1] for s in scores}) > 1:
        raise CannotJudgeError("the number of outputs changes from batch to batch")
    if not sum(map(len, truth)):
        raise CannotJudgeError("the loss leaves all targets out, or there are none")
    return np.concatenate(truth), np.concatenate(scores), float(np.mean(losses))
