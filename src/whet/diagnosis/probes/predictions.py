"""Predictions of a model on batches, in evaluation mode, as codes or numbers and scores."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from whet.diagnosis.probes.goal import Goal
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.setup import Setup

__all__ = ["predictions"]


def predictions(setup: Setup, goal: Goal, batches: Iterable[Any]) -> tuple[np.ndarray, np.ndarray, float]:
    """(N,) truth, (N, K) scores and the mean loss. The modes of the model's modules are put back afterwards."""
    modes = {module: module.training for module in setup.model.modules()}
    setup.model.eval()
    truth, scores, losses = [], [], []
    try:
        with torch.no_grad():
            for batch in batches:
                seen = run_batch(setup, batch, seed=setup.seed)
                outputs, targets = seen.given[0] if seen.given else (seen.outputs, seen.targets)
                truth.append(goal.codes(targets))
                scores.append(goal.scores(outputs))
                losses.append(float(seen.loss.detach()))
    finally:
        for module, mode in modes.items():
            module.training = mode
    return np.concatenate(truth), np.concatenate(scores), float(np.mean(losses))
