"""How long outputs would need to reach the level and the spread of numeric targets, at the user's optimiser's pace."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import torch

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.fresh_loss import FreshLoss, fresh_loss
from whet.diagnosis.probes.pace import light
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.short_runs import as_reason, deadline, short_run
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["Distance", "target_distance"]

STEPS = 100
LEARNABLE = 0.7  # share of variance left after a short training on standardised targets, below which there is something
EXPLAINED = 0.9  # share of variance left below which the user's own training is on its way


@dataclass(frozen=True, kw_only=True)
class Distance:
    """The end of a short training, led further."""

    steps_needed: float  # infinite where outputs do not come nearer
    steps_planned: float
    is_broken: bool  # the loss became NaN or infinite, or outputs a thousand times the targets, on the way


@dataclass(frozen=True, kw_only=True)
class _Outputs:
    """On the first batch."""

    mean: float
    std: float
    left: float  # mean squared error over the variance of the targets


def target_distance(case: Case) -> Distance:
    """Measured half-way and at the end of a short training of a copy; numbers only."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    start = case.ask(fresh_loss)
    seen = _train(case, case.setup.copy(), start)
    if seen is None:
        return Distance(steps_needed=math.inf, steps_planned=_planned(case), is_broken=True)
    steps, half, whole = seen
    needed = max(_level(start, steps, half, whole), _spread(case, start, steps, half, whole))
    return Distance(steps_needed=needed, steps_planned=_planned(case), is_broken=False)


def _train(case: Case, setup: Setup, start: FreshLoss) -> tuple[int, _Outputs, _Outputs] | None:
    """Steps made, and the outputs half-way and at the end; None where it broke."""
    setup.model.train()
    until = deadline(case.left_s(), share=0.1, most_s=3.0)
    steps, seen = 0, []
    for part in (STEPS // 2, STEPS // 2):
        losses = short_run(setup, case.ask(light), steps=part, until=until)
        steps += len(losses)
        outputs = _outputs(case, setup)
        limit = 1000 * (abs(start.target_mean) + start.target_std)
        if not math.isfinite(losses[-1]) or not abs(outputs.mean) + outputs.std < limit:
            return None
        seen.append(outputs)
    return steps, seen[0], seen[1]


def _level(start: FreshLoss, steps: int, half: _Outputs, whole: _Outputs) -> float:
    """Steps until the mean output is within a spread of the mean target."""
    gaps = [abs(start.target_mean - m) for m in (start.output_mean, half.mean, whole.mean)]
    if min(gaps[1:]) <= start.target_std:
        return float(steps)
    return _led_on(steps, gaps[0] - gaps[1], gaps[0] - gaps[2], gaps[0])


def _spread(case: Case, start: FreshLoss, steps: int, half: _Outputs, whole: _Outputs) -> float:
    """Steps until outputs differ as much as they do soon on standardised targets; where those teach nothing, 0."""
    if whole.left < EXPLAINED:
        return 0.0
    assert case.setup is not None
    setup = case.setup.copy()
    given = setup.forward

    def forward(model: torch.nn.Module, batch: Any) -> tuple[Any, Any]:
        outputs, targets = given(model, batch)
        return outputs, (targets - start.target_mean) / max(start.target_std, 1e-12)

    scaled = replace(start, target_mean=0.0, target_std=1.0)
    seen = _train(case, replace(setup, forward=forward), scaled)
    if seen is None or seen[2].left > LEARNABLE:
        return 0.0
    return _led_on(steps, half.std, whole.std, seen[2].std * start.target_std)


def _led_on(steps: int, half: float, whole: float, goal: float) -> float:
    """Layers that grow together move outputs ever faster: the way is read as a power of the number of steps."""
    if whole <= 0 or half <= 0:
        return math.inf
    power = min(3.0, max(0.5, math.log2(max(whole / half, 1e-6))))
    return float(steps * (goal / whole) ** (1 / power))


def _outputs(case: Case, setup: Setup) -> _Outputs:
    with as_reason("a forward pass"), torch.no_grad():
        outputs, targets = run_batch(setup, case.ask(light)[0], seed=case.seed).given[0]
        outputs, targets = outputs.float(), targets.float()
        left = (outputs - targets).square().mean() / targets.var(correction=0).clamp_min(1e-12)
        return _Outputs(mean=float(outputs.mean()), std=float(outputs.std(correction=0)), left=float(left))


def _planned(case: Case) -> float:
    """Steps that the user means to make; 20 epochs where it was not said."""
    assert case.setup is not None
    given = case.ask(batches)
    length = float(len(given.first))
    if not given.is_whole:
        try:
            length = float(len(case.setup.train))  # type: ignore[arg-type]
        except TypeError:
            return math.inf
    return (case.setup.epochs or 20.0) * length / max(1, case.setup.loop.accumulate)
