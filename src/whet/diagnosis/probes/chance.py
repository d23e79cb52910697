"""Are predictions drawn by lot? The same examples several times through the trained model in evaluation mode.

``F.dropout(x)`` drops in evaluation too: its ``training`` is True unless told otherwise.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.margins import lead_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.pace import STEP, affordable, light
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.seen import trained
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["Chance", "chance", "deviation"]

PASSES = 9  # whose mean is compared with each
BATCHES = 4


@dataclass(frozen=True, kw_only=True)
class Chance:
    """Of the trained model; errors are shares of wrong answers, or squared errors."""

    deviation: float  # of outputs between two passes, over their spread
    single: float  # error of one pass, their mean
    averaged: float  # error of the mean of all passes
    noise: float  # standard error of the difference
    passes: int
    is_classes: bool

    @property
    def costs(self) -> bool:
        """One pass is clearly worse than their mean."""
        return self.single - self.averaged > max(3 * self.noise, 0.1 * self.single)


def deviation(case: Case) -> float:
    """Of outputs between two passes of the first batch that draw differently, over their spread; 0 for most models."""
    setup = case.setup
    if setup is None:
        raise CannotJudgeError("needs the model and its data")
    if case.ask(goal).kind == "unknown":
        raise CannotJudgeError("the loss is not one of PyTorch's: the model may be meant to draw")
    batch = case.ask(light)[0]
    first, second = (_outputs(setup, batch, case.seed + i) for i in (0, 1))
    if first.shape != second.shape or not bool((first - second).isfinite().all()):
        raise CannotJudgeError("the outputs of two passes cannot be compared")
    spread = float(first.std()) if first.numel() > 1 else 0.0
    return float((first - second).std()) / max(spread, 1e-12) if first.numel() > 1 else 0.0


def chance(case: Case) -> Chance:
    """Ask after ``deviation``: this trains a copy, unless that was done."""
    setup = trained(case).setup.copy()
    given, kind = case.ask(batches), case.ask(goal)
    passes = affordable(case, most=PASSES, fewest=3, share=0.2, each=BATCHES * STEP, whole=True)
    truth, scores = [], []
    for batch in (given.valid or given.first)[:BATCHES]:
        found = []
        for i in range(passes):
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                copy = setup.copy()
                copy.model.eval()
                seen = run_batch(copy, batch, seed=case.seed + i)
            found.append(kind.scores(seen.given[0][0]))
        truth.append(kind.codes(seen.given[0][1]))
        scores.append(np.stack(found))
    every, right = np.concatenate(scores, axis=1), np.concatenate(truth)
    is_classes = kind.kind != "numbers"
    singles = np.stack([_losses(right, one, is_classes=is_classes) for one in every]).mean(axis=0)
    averaged = _losses(right, every.mean(axis=0), is_classes=is_classes)
    lead, noise = lead_of(singles, averaged)
    return Chance(
        deviation=case.ask(deviation),
        single=float(averaged.mean() + lead),
        averaged=float(averaged.mean()),
        noise=noise,
        passes=passes,
        is_classes=is_classes,
    )


def _outputs(setup: Setup, batch: object, seed: int) -> Tensor:
    copy = setup.copy()
    copy.model.eval()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return run_batch(copy, batch, seed=seed).given[0][0].double()


def _losses(truth: np.ndarray, scores: np.ndarray, *, is_classes: bool) -> np.ndarray:
    """(N,) one for a wrong answer; squared errors."""
    if is_classes:
        return np.asarray(scores.argmax(axis=1) != truth, dtype=np.float64)
    return np.asarray(np.square(scores[:, 0] - truth), dtype=np.float64)
