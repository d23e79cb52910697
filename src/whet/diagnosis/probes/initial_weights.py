"""How large the initial weights are, layer by layer, against what keeps signals of the same size; and what it costs."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.contest import Contest
from whet.diagnosis.probes.layers_seen import LayerUse, layers_used, weight_layers
from whet.diagnosis.probes.pace import light
from whet.diagnosis.probes.redrawn import reset
from whet.diagnosis.probes.short_runs import as_reason, deadline, short_run
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally

__all__ = ["LayerScale", "fresh_start", "layer_scales"]

STEPS = 100


@dataclass(frozen=True, kw_only=True)
class LayerScale:
    """One layer with weights in the first forward pass."""

    name: str
    kind: str
    gain: float  # standard deviation of the weights times the root of the inputs of a unit; ordinary: 0.5 to 2
    output: float  # standard deviation between examples of what comes out; a bias adds nothing
    is_normalised: bool  # a normalisation comes next, which undoes any scale


def layer_scales(case: Case) -> tuple[LayerScale, ...]:
    """In order of use; in training mode, on the first batch."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    setup = case.setup.copy()
    setup.model.train()
    first, drawing = case.ask(light)[0], drawing_globally(case.seed, "layer scales")
    with as_reason("the first forward pass"), drawing, torch.no_grad(), layers_used(setup.model) as uses:
        setup.forward(setup.model, first)
    follows = {id(use): after for use, after in itertools.pairwise(uses)}
    return tuple(_scale(use, follows.get(id(use))) for use in weight_layers(uses))


def _scale(use: LayerUse, after: LayerUse | None) -> LayerScale:
    gains = []
    for p in use.module.parameters(recurse=False):
        if p.ndim >= 2:
            gains.append(float(p.detach().float().std(correction=0)) * math.sqrt(p[0].numel()))
    output = float("nan") if use.output is None else _between(use.output)
    return LayerScale(
        name=use.name,
        kind=type(use.module).__name__,
        gain=max(gains),
        output=output,
        is_normalised=after is not None and after.normalises,
    )


def _between(output: Tensor) -> float:
    return (
        float(output.detach().float().var(dim=0, correction=0).mean().sqrt())
        if output.ndim > 1 and len(output) > 1
        else float("nan")
    )


def fresh_start(case: Case) -> Contest:
    """Train twice for some steps with the user's optimiser: as it is, and with every layer reset."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    given = case.ask(light)
    runs = []
    for is_reset in (False, True):
        setup = case.setup.copy()
        if is_reset and not reset(setup.model, seed=case.seed):
            raise CannotJudgeError("no layer of the model can be reset to ordinary weights")
        setup.model.train()
        until = deadline(case.left_s(), share=0.1, most_s=3.0)
        runs.append(short_run(setup, given, steps=STEPS, until=until))
    return Contest(own=tuple(runs[0]), changed=tuple(runs[1]))
