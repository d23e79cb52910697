"""What enters the network: the values that its first layers get, in training and in validation batches."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.contest import Contest
from whet.diagnosis.probes.layers_seen import LayerUse, layers_used
from whet.diagnosis.probes.pace import affordable, few_examples, light
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.short_runs import as_reason, deadline, short_run
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally

__all__ = ["Entrance", "Features", "broken_inputs", "entrances", "standardised_contest"]

LOOKED_AT = 8  # batches
STEPS = 200


@dataclass(frozen=True, kw_only=True)
class Features:
    """Mean and standard deviation of each feature or channel; of finite values only."""

    mean: np.ndarray  # (F,)
    std: np.ndarray  # (F,)
    zeros: float  # share of values that are exactly 0
    is_discrete: bool  # at most two different values: flags, one-hot columns, masks
    num: int  # values per feature


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """A layer that gets what the loader gave, and its inputs."""

    name: str
    kind: str
    axis: int  # of features
    train: Features
    valid: Features | None
    is_normalised: bool  # it is, or is directly followed by, a normalisation


def entrances(case: Case) -> tuple[Entrance, ...]:
    """First layers that take floating-point numbers; none for token ids."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    given, setup = case.ask(batches), case.setup.copy()
    num = affordable(case, most=LOOKED_AT, fewest=1, share=0.15, each=2.0)
    train, uses = _collect(setup, case.ask(light)[:num])
    valid, _ = _collect(setup, [few_examples(case, b) for b in given.valid[:num]]) if given.valid else ({}, [])
    follows = {use.name: after for use, after in itertools.pairwise(uses)}
    result = []
    for use in uses:
        if use.name not in train:
            continue
        after = follows.get(use.name)
        axis = _feature_axis(use)
        result.append(
            Entrance(
                name=use.name,
                kind=type(use.module).__name__,
                axis=axis,
                train=_features(train[use.name], axis),
                valid=_features(valid[use.name], axis) if valid.get(use.name) else None,
                is_normalised=use.normalises or (after is not None and after.normalises),
            )
        )
    return tuple(result)


def _collect(setup: Setup, given: Sequence[Any]) -> tuple[dict[str, list[Tensor]], list[LayerUse]]:
    """Inputs by name of the layer, and the uses of the first batch. In evaluation mode, so that nothing is drawn."""
    setup.model.eval()
    inputs: dict[str, list[Tensor]] = {}
    first: list[LayerUse] = []
    for batch in given:
        with as_reason("a forward pass"), torch.no_grad(), layers_used(setup.model) as uses:
            seen = run_batch(setup, batch)
        raw = {t.data_ptr() for t in tensors_in([seen.args, dict(seen.kwargs)]) if t.is_floating_point()}
        for position, use in enumerate(uses):
            tensor = use.inputs[0] if use.inputs else None
            enters = tensor is not None and (position == 0 or tensor.data_ptr() in raw)
            if enters and tensor is not None and tensor.is_floating_point() and tensor.ndim >= 2:
                inputs.setdefault(use.name, []).append(tensor.detach().float())
        first = first or list({u.name: u for u in reversed(uses)}.values())[::-1]
    return inputs, first


def _feature_axis(use: LayerUse) -> int:
    is_conv = isinstance(use.module, nn.modules.conv._ConvNd | nn.modules.batchnorm._NormBase | nn.GroupNorm)
    return 1 if is_conv or use.inputs[0].ndim == 4 else -1


def _features(tensors: list[Tensor], axis: int) -> Features:
    width = tensors[0].shape[axis]
    rows = torch.cat([t.movedim(axis, -1).reshape(-1, t.shape[axis]) for t in tensors if t.shape[axis] == width])
    values = np.where(np.isfinite(rows.numpy()), rows.numpy(), np.nan).astype(np.float64)
    seen = values[np.isfinite(values).all(axis=1)]
    if not len(seen):
        raise CannotJudgeError("no example has finite inputs only")
    return Features(
        mean=seen.mean(axis=0),
        std=seen.std(axis=0),
        zeros=float((seen == 0).mean()),
        is_discrete=len(np.unique(seen[:2000])) <= 2,
        num=len(seen),
    )


def broken_inputs(case: Case) -> tuple[int, int, int, str]:
    """Values that are NaN or infinite, of how many, in how many batches, and where the first is."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    bad, total, num, where = 0, 0, 0, ""
    setup = case.setup.copy()
    setup.model.eval()
    for index, batch in enumerate(case.ask(batches).first):
        floats = [t for t in tensors_in(batch) if t.is_floating_point()]
        wrong = [t for t in floats if not t.isfinite().all()]
        total += sum(t.numel() for t in floats)
        bad += sum(int((~t.isfinite()).sum()) for t in wrong)
        num += bool(wrong)
        if wrong and not where:
            place = (~wrong[0].isfinite()).nonzero()[0].tolist()
            where = f"batch {index}, example {place[0] if place else 0}, position {place[1:]}"
    return bad, total, num, where


def standardised_contest(case: Case) -> Contest:
    """Train twice for some steps with the user's optimiser: as it is, and with standardised inputs."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    found = case.ask(entrances)
    runs = []
    for is_changed in (False, True):
        setup = case.setup.copy()
        setup.model.train()
        modules = dict(setup.model.named_modules())
        handles = [modules[e.name].register_forward_pre_hook(_standardise(e)) for e in found if is_changed]
        until = deadline(case.left_s(), share=0.1, most_s=3.0)
        with drawing_globally(case.seed, "standardised"):
            runs.append(short_run(setup, case.ask(light), steps=STEPS, until=until))
        for handle in handles:
            handle.remove()
    return Contest(own=tuple(runs[0]), changed=tuple(runs[1]))


def _standardise(entrance: Entrance) -> Any:
    features = entrance.train
    std = np.where(features.std > 1e-12 * (1 + np.abs(features.mean)), features.std, 1.0)

    def hook(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
        x = args[0]
        shape = [1] * x.ndim
        shape[entrance.axis] = -1
        mean, scale = (torch.as_tensor(v).to(x).reshape(shape) for v in (features.mean, std))
        return ((x - mean) / scale, *args[1:])

    return hook


def largest(features: Features) -> float:
    """The largest typical value of any feature."""
    return float(np.max(np.hypot(features.mean, features.std))) if len(features.mean) else math.nan
