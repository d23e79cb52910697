"""Does the loss compare each example's outputs with its own targets? One example is given another's targets.

What then changes in the gradient of the loss by the outputs must be where that example's outputs are, and these are
where changing its inputs changes something. Beyond there, gradients may change by one common factor: weights of
classes are normalised over a batch. A ``.T``, a ``roll`` or a ``view`` of targets alone pairs outputs with the targets
of others.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.mixing import different, inputs_of, swapped
from whet.diagnosis.probes.pace import few_examples
from whet.diagnosis.probes.passes import first_pass, run_batch
from whet.diagnosis.probes.rows import num_rows
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally

__all__ = ["Pairing", "pairing"]


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """Of the pair of axes, of inputs and of targets, that fits best."""

    astray: float  # share of the change in the gradient that is at outputs of other examples; 0: all at its own
    size: int  # examples in the batch
    outputs: tuple[int, ...]
    targets: tuple[int, ...]


def pairing(case: Case) -> Pairing:
    """In evaluation mode, for a few examples of the first batch."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    if case.ask(goal).kind == "unknown":
        raise CannotJudgeError("the loss is not one of PyTorch's, and may compare examples on purpose")
    batch = few_examples(case, case.ask(batches).first[0])
    size = num_rows(batch)
    _check_shapes(case)
    outputs, targets = _pass(case, batch)
    own = [_reached(case, batch, outputs, size, axis) for axis in (0, 1)]
    areas = [area for area in own if area]
    ways = [_astray(case, outputs, targets, area, size, axis) for area in areas for axis in range(min(2, targets.ndim))]
    judged = [way for way in ways if way is not None]
    if size < 3 or not judged:
        raise CannotJudgeError("the batch has no examples that can be told apart")
    return Pairing(astray=min(judged), size=size, outputs=tuple(outputs.shape), targets=tuple(targets.shape))


def _check_shapes(case: Case) -> None:
    """Numbers of other shapes than their targets are compared each with each: another rule says so."""
    (outputs, targets), kind = case.ask(first_pass).given[0], case.ask(goal).kind
    if kind != "classes" and outputs.shape != targets.shape:
        raise CannotJudgeError("outputs and targets are of different shapes")


def _pass(case: Case, batch: object) -> tuple[Tensor, Tensor]:
    assert case.setup is not None
    copy = case.setup.copy()
    copy.model.eval()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seen = run_batch(copy, batch, seed=case.seed)
    outputs, targets = seen.outputs, seen.targets
    if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor) or not outputs.is_floating_point():
        raise CannotJudgeError("outputs and targets are not one tensor each")
    return outputs.detach(), targets.detach()


def _reached(case: Case, batch: object, outputs: Tensor, size: int, axis: int) -> dict[int, Tensor]:
    """By place of an example: where its inputs reach the outputs. Empty where they reach all or nothing."""
    assert case.setup is not None
    inputs = inputs_of(batch, case.setup.forward)
    areas = {}
    for place in sorted({0, size // 2, size - 1}):
        other = different(inputs, place, size, axis)
        if other is None:
            continue
        try:
            changed, _ = _pass(case, swapped(batch, place, other, size, axis))
        except (RuntimeError, IndexError, ValueError, CannotJudgeError):
            return {}
        if changed.shape != outputs.shape:
            return {}
        change = (changed - outputs).abs()
        area = change > 1e-4 * float(change.max())
        if 0 < int(area.sum()) <= area.numel() // 2:
            areas[place] = _whole(area, size)
    return areas


def _whole(area: Tensor, size: int) -> Tensor:
    """All outputs of the example, where it is one line along an axis: padding may hide some of them."""
    readings = [area.movedim(a, 0) for a in range(area.ndim) if area.shape[a] == size]
    if len(area) > size and len(area) % size == 0:  # positions of all examples under one another
        readings.append(area.reshape(size, -1, *area.shape[1:]))
    for lines in readings:
        hit = lines.reshape(size, -1).any(dim=1)
        if int(hit.sum()) == 1:
            whole = torch.zeros_like(area)
            index = next(i for i, r in enumerate(readings) if r is lines)
            axes = [a for a in range(area.ndim) if area.shape[a] == size]
            (whole.movedim(axes[index], 0) if index < len(axes) else whole.view(lines.shape))[hit] = True
            return whole
    return area


def _astray(
    case: Case, outputs: Tensor, targets: Tensor, areas: dict[int, Tensor], size: int, axis: int
) -> float | None:
    """The median over examples; None where no target matters."""
    if targets.shape[axis] != size:
        return None
    before, shares = _gradient(case, outputs, targets), list[float]()
    for place, area in areas.items():
        other = different([targets], place, size, axis)
        if other is None:
            continue
        after = _gradient(case, outputs, swapped(targets, place, other, size, axis))
        outside = torch.where(area, 0.0, after - _factor(before, after, ~area) * before).abs().sum()
        inside = torch.where(area, after - before, 0.0).abs().sum()
        if float(outside + inside) > 1e-9 * float(before.abs().sum()):
            shares.append(float(outside / (outside + inside)))
    return float(torch.tensor(shares).median()) if shares else None


def _factor(before: Tensor, after: Tensor, where: Tensor) -> Tensor:
    """By which most gradients there have changed alike."""
    known = where & (before.abs() > 1e-3 * before.abs().max())
    ratios = (after / before)[known]
    return ratios.median() if ratios.numel() else torch.ones_like(before.sum())


def _gradient(case: Case, outputs: Tensor, targets: Tensor) -> Tensor:
    """Of the loss by the outputs."""
    assert case.setup is not None
    given, loss = outputs.clone().requires_grad_(True), case.setup.copy().loss
    try:
        with torch.enable_grad(), drawing_globally(case.seed, "pairing"):
            (found,) = torch.autograd.grad(loss(given, targets), given)
    except (RuntimeError, ValueError, IndexError) as error:
        raise CannotJudgeError(f"the loss gives no gradient: {error}") from error
    if not bool(found.isfinite().all()):
        raise CannotJudgeError("the gradient of the loss is not finite")
    return found.double()
