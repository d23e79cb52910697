"""A summed loss, as it is and divided by the number of examples: what does a short training make of each?"""

from __future__ import annotations

import math
import time
import warnings
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.ordinary_loop import train_stretch
from whet.diagnosis.preserving import preserving
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.passes import first_pass, run_batch
from whet.diagnosis.probes.reduction import batch_size_of
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["Divided", "SumAndMean", "sum_and_mean"]

STEPS = 60
MOST_S = 2.0  # each


@dataclass(frozen=True, kw_only=True)
class SumAndMean:
    """Mean loss per example on the first batches, in evaluation mode."""

    before: float
    as_sum: float  # after a short training with the user's loss
    as_mean: float  # the same with that loss divided by the number of examples
    steps: int
    num_examples: int  # of a batch


class Divided(nn.Module):
    """A loss divided by the number of examples."""

    def __init__(self, loss: Any, by: int) -> None:
        super().__init__()
        self.loss, self.by = loss, by

    def forward(self, outputs: Any, targets: Any) -> Tensor:
        """A scalar."""
        value: Tensor = self.loss(outputs, targets) / self.by
        return value


def sum_and_mean(case: Case) -> SumAndMean:
    """Train two copies for the same steps."""
    setup = case.setup
    if setup is None:
        raise CannotJudgeError("needs the model and its data")
    size = batch_size_of(case.ask(first_pass).targets)
    given = case.ask(batches).first
    setup = replace(setup, train=given)
    seconds = min(MOST_S, max(0.2, case.left_s() / 10))
    mean_setup = replace(setup, loss=Divided(setup.copy().loss, size))
    try:
        before, _ = _after(setup, size, 0, math.inf)
        as_sum, steps = _after(setup, size, STEPS, seconds)
        as_mean, _ = _after(mean_setup, 1, steps, math.inf)
    except (RuntimeError, ValueError) as error:
        raise CannotJudgeError(f"a short training does not run: {error}") from error
    return SumAndMean(before=before, as_sum=as_sum, as_mean=as_mean, steps=steps, num_examples=size)


def _after(setup: Setup, size: int, steps: int, seconds: float) -> tuple[float, int]:
    """Loss per example after a training, and the steps that it made."""
    copy, made = setup.copy(), 0
    with preserving(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if steps:
            until = None if seconds == math.inf else time.monotonic() + seconds
            made = len(train_stretch(copy, steps=steps, until=until).losses)
        copy.model.eval()
        with torch.no_grad():
            losses = [float(run_batch(copy, b, seed=copy.seed).loss) for b in list(copy.train)[:4]]
    value = sum(losses) / len(losses) / size
    return (value if math.isfinite(value) else math.inf), made
