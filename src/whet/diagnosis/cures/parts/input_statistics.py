"""Mean and spread of a model's float inputs over the training batches, by feature or channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.parts.input_hooks import Key, float_inputs
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally

__all__ = ["InputStatistics", "input_statistics", "valid_input_statistics"]

COLOURS = (1, 3, 4)  # channels of a picture
APART = 1.0  # logarithm of the ratio of spreads, or distance of means in training spreads


@dataclass(frozen=True, kw_only=True)
class InputStatistics:
    """By argument; shapes broadcast against it. NaN and infinity are left out."""

    mean: dict[Key, Tensor]
    std: dict[Key, Tensor]  # 1 where a feature is constant
    num_broken: int  # values that are NaN or infinite


class _CaughtError(Exception):
    """Ends a forward pass once its arguments are known."""


def input_statistics(case: Case) -> InputStatistics:
    """Of the training batches read.

    Raises:
        CannotJudgeError: the model is not called with real numbers.
    """
    return _statistics(case, case.ask(batches).first)


def valid_input_statistics(case: Case) -> InputStatistics | None:
    """Of the validation batches, where these are plainly scaled otherwise than the training batches; else None."""
    given = case.ask(batches).valid
    if not given:
        return None
    train, valid = case.ask(input_statistics), _statistics(case, given)
    for key in train.mean.keys() & valid.mean.keys():
        ratio = float((valid.std[key] / train.std[key]).log().median().abs())
        shift = float(((valid.mean[key] - train.mean[key]).abs() / train.std[key]).median())
        if ratio > APART or shift > APART:
            return valid
    return None


def _statistics(case: Case, given: tuple[Any, ...]) -> InputStatistics:
    values: dict[Key, list[Tensor]] = {}
    setup = setup_of(case).copy()
    for batch in given:
        for key, value in float_inputs(*_arguments(setup, batch)).items():
            values.setdefault(key, []).append(value.detach().double().cpu())
    if not values:
        raise CannotJudgeError("the model is not given real numbers (token ids are not standardised)")
    conv_first = _starts_with_convolution(setup.model)
    mean, std, broken = {}, {}, 0
    for key, found in values.items():
        mean[key], std[key], lost = _moments(found, _feature_axis(found[0], conv_first))
        broken += lost
    return InputStatistics(mean=mean, std=std, num_broken=broken)


def _moments(found: list[Tensor], axis: int | None) -> tuple[Tensor, Tensor, int]:
    rows = torch.cat(
        [f.reshape(-1, 1) if axis is None else f.movedim(axis, -1).reshape(-1, f.shape[axis]) for f in found]
    )
    is_fine = rows.isfinite()
    count = is_fine.sum(0).clamp_min(1)
    mean = rows.where(is_fine, torch.zeros(())).sum(0) / count
    std = ((rows - mean).where(is_fine, torch.zeros(())).square().sum(0) / count).sqrt()
    std = torch.where(std > 1e-6 * mean.abs().clamp_min(1e-6), std, torch.ones(()).double())
    shape = [1] * found[0].ndim
    if axis is not None:
        shape[axis] = -1
    return mean.reshape(shape).float(), std.reshape(shape).float(), int((~is_fine).sum())


def _feature_axis(value: Tensor, conv_first: bool) -> int | None:
    if value.ndim < 2:
        return None
    if value.ndim == 2:
        return 1
    if value.ndim == 3:
        return 1 if conv_first else 2  # (B, C, T), else (B, T, D) or (T, B, D)
    return value.ndim - 1 if value.shape[-1] in COLOURS and value.shape[1] not in COLOURS else 1


def _starts_with_convolution(model: nn.Module) -> bool:
    first = next((m for m in model.modules() if next(m.parameters(recurse=False), None) is not None), None)
    return isinstance(first, nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.BatchNorm1d)


def _arguments(setup: Setup, batch: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the model's forward pass is called with; the pass itself is not made."""
    caught: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def catch(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        caught.append((args, kwargs))
        raise _CaughtError

    handle = setup.model.register_forward_pre_hook(catch, with_kwargs=True)
    try:
        with drawing_globally(setup.seed, "cure"):
            setup.forward(setup.model, batch)
    except _CaughtError:
        pass
    finally:
        handle.remove()
    return caught[0] if caught else ((), {})
