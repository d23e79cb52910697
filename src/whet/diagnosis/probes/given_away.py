"""Windows of one series whose target is a value that the window itself holds.

A forecast has to tell what comes after its window. Where an index is one place off, the target is the last value of the
window, bit for bit, and the model learns to hand it through.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.pace import affordable
from whet.diagnosis.probes.passes import Pass, first_pass, run_batch
from whet.diagnosis.probes.rows import keys_of
from whet.diagnosis.probes.short_runs import as_reason
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError

__all__ = ["GivenAway", "given_away"]

FEWEST, MOST = 60, 4_000  # examples
SHORTEST = 3  # steps of a window
SHIFTS = 8  # steps from one window to the next, at most
SLIDES = 0.3  # share of windows that go on where another one was
KINDS = 8  # different targets: of fewer, chance puts one into every window


@dataclass(frozen=True, kw_only=True)
class GivenAway:
    """Where in its window a target is found."""

    back: int  # steps before the end; 0 is the last value
    share: float  # of the examples
    num: int  # examples


def given_away(case: Case) -> GivenAway | None:
    """None where no step of the window is the target, or where inputs are no windows of one series.

    Sequences of their own (recall the third value, copy the last token) are tasks, not leaks.
    """
    inputs, targets = _read(case)
    num, length = inputs.shape[:2]
    if num < FEWEST or length < SHORTEST or len(set(targets.tolist())) < KINDS:
        raise CannotJudgeError(f"needs {FEWEST} windows and targets of {KINDS} kinds")
    shares = (inputs == targets[:, None, None]).double().mean(dim=0)  # (T, D)
    step = int(shares.max(dim=1).values.flip(0).argmax())  # the latest of equals
    share = float(shares[length - 1 - step].max())
    return GivenAway(back=step, share=share, num=num) if share > 0.98 and _slides(inputs) else None


def _read(case: Case) -> tuple[Tensor, Tensor]:
    """(N, T, D) windows as the model gets them, and (N,) targets, the first ones where several steps are to be told."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    setup, parts = case.setup.copy(), [_part(case.ask(first_pass))]
    setup.model.eval()
    given = case.ask(batches).first
    num = affordable(case, most=len(given), fewest=2, share=0.1, whole=True)
    with as_reason("a forward pass"), torch.no_grad():
        for batch in given[1:num]:
            part = _part(run_batch(setup, batch, seed=case.seed))
            if part[0].shape[1:] != parts[0][0].shape[1:]:
                raise CannotJudgeError("windows differ in length")
            parts.append(part)
            if sum(len(x) for x, _ in parts) >= MOST:
                break
    return torch.cat([x for x, _ in parts]), torch.cat([y for _, y in parts])


def _part(seen: Pass) -> tuple[Tensor, Tensor]:
    found, targets = tensors_in([seen.args, dict(seen.kwargs)]), tensors_in(seen.targets)
    if len(found) != 1 or found[0].ndim not in (2, 3) or len(targets) != 1:
        raise CannotJudgeError("needs windows of a series and one target of each")
    x, y = (t.detach().cpu() for t in (found[0], targets[0]))
    x = x[:, :, None] if x.ndim == 2 else x
    if not y.ndim or len(y) != len(x) or not y.numel() or y[0].numel() >= x.shape[1]:
        raise CannotJudgeError("needs fewer targets than steps of the window")
    if x.is_floating_point() != y.is_floating_point():
        raise CannotJudgeError("needs targets of the same kind of number as the windows")
    return x, y.reshape(len(x), -1)[:, 0].to(x.dtype)


def _slides(inputs: Tensor) -> bool:
    """Whether many windows, without their end, are the end of another one."""
    length = inputs.shape[1]
    for shift in range(1, min(SHIFTS, length - SHORTEST + 1) + 1):
        ends = set(keys_of([inputs[:, shift:]]))
        if np.mean([key in ends for key in keys_of([inputs[:, : length - shift]])]) >= SLIDES:
            return True
    return False
