"""After how many epochs the validation loss is lowest."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import torch

from whet.diagnosis.case import Case
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.ordinary_loop import train_stretch
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["best_length"]

SHARE = 0.2  # of the time left
MOST_S = 10.0
MOST_EPOCHS = 20


def best_length(case: Case) -> float | None:
    """In epochs; None where the validation loss is lowest at the end.

    Raises:
        CannotJudgeError: there are no validation examples.
    """
    given, setup = case.ask(batches), setup_of(case).copy()
    if not given.valid:
        raise CannotJudgeError("needs validation examples")
    until = time.monotonic() + min(MOST_S, SHARE * case.left_s())
    losses, most = list[float](), round(setup.epochs or MOST_EPOCHS)
    while len(losses) < most and time.monotonic() < until:
        stretch = train_stretch(replace(setup, seed=setup.seed + len(losses)), epochs=1, until=until)
        if stretch.ended_by_clock and losses:
            break
        losses.append(_valid_loss(setup, given.valid))
    if not all(math.isfinite(loss) for loss in losses):
        raise CannotJudgeError("the validation loss is NaN or infinite")
    best = min(range(len(losses)), key=losses.__getitem__) + 1
    return None if best >= len(losses) else float(best)


def _valid_loss(setup: Setup, valid: tuple[object, ...]) -> float:
    setup.model.eval()
    with torch.no_grad():
        losses = [float(run_batch(setup, batch, seed=setup.seed).loss) for batch in valid]
    return sum(losses) / len(losses)
