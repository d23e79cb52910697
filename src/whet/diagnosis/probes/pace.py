"""How long a forward pass takes, and how many of them fit into the time left: experiments shrink by it."""

from __future__ import annotations

import math
import time
from typing import Any

import torch

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.passes import run_batch, timed_first_pass
from whet.diagnosis.probes.rows import num_rows, take
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError

__all__ = ["QUICK_S", "STEP", "affordable", "few_examples", "light", "pass_seconds"]

STEP = 3.0  # a step of training in forward passes: backward takes about two
FEW = 16  # examples that stand for a batch
QUICK_S = 0.02  # a pass below that is not worth counting: what it takes hangs on the machine's mood


def pass_seconds(case: Case) -> float:
    """Of the first pass, which ran anyway; the batch was run before, when everything was opened."""
    return case.ask(timed_first_pass)[1]


def light(case: Case) -> tuple[Any, ...]:
    """The first batches, with their first examples only where the model is slow: what it makes of them is the same."""
    return tuple(few_examples(case, batch) for batch in case.ask(batches).first)


def light_seconds(case: Case) -> float:
    """Of a forward pass of such a batch."""
    seconds, setup, batch = case.ask(pass_seconds), case.setup, case.ask(light)[0]
    if seconds < QUICK_S or setup is None or batch is case.ask(batches).first[0]:
        return seconds
    copy = setup.copy()
    copy.model.eval()
    began = time.monotonic()
    with torch.no_grad():
        run_batch(copy, batch, seed=case.seed)
    return time.monotonic() - began


def affordable(case: Case, *, most: int, fewest: int, share: float, each: float = 1.0, whole: bool = False) -> int:
    """How many repetitions fit into that share of the time left.

    Args:
        each: forward passes of one; of light batches, or of ``whole`` ones.
    Raises:
        CannotJudgeError: not even ``fewest`` fit.
    """
    seconds, left = case.ask(pass_seconds if whole else light_seconds), case.left_s()
    if seconds < QUICK_S or math.isinf(left):
        return most
    fit = int(share * max(0.0, left) / (each * seconds))
    if fit < fewest:
        raise CannotJudgeError(
            f"a forward pass takes {seconds:.2g} s and {round(fewest * each)} are needed: too long for the time left; "
            "give a larger budget"
        )
    return min(most, fit)


def few_examples(case: Case, batch: Any) -> Any:
    """The first examples of a batch where the model is slow; the batch itself where it is quick or cannot be divided.

    Their number is that of no other axis, so that the axis of examples can still be told.
    """
    if case.ask(pass_seconds) < QUICK_S:
        return batch
    taken = {n for t in tensors_in(batch) for n in t.shape[1:]}
    num = next(n for n in range(FEW, FEW + len(taken) + 1) if n not in taken)
    try:
        return take(batch, range(num)) if num < num_rows(batch) else batch
    except CannotJudgeError:
        return batch
