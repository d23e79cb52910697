"""Which inputs reach the outputs at all: every input is exchanged between examples, in networks with redrawn weights.

Redrawn, because zeros in a last layer, closed gates or dead units hide a path that exists; what changes nothing in any
drawing has no path.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.pace import light
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.redrawn import redraw
from whet.diagnosis.probes.short_runs import as_reason, deadline
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally

__all__ = ["InputUse", "input_use"]

GAINS = (1.0, 4.0)  # 4: sigmoids need it to let anything through many layers
PARTS = 32  # of the second axis


@dataclass(frozen=True, kw_only=True)
class InputUse:
    """One tensor that the model is given and that differs between examples."""

    name: str  # argument of forward
    shape: tuple[int, ...]
    is_used: bool
    used_parts: tuple[bool, ...]  # along axis 1, in up to 32 parts; empty where not looked at
    is_float: bool


def input_use(case: Case) -> tuple[InputUse, ...]:
    """In evaluation mode, on the first batch with at least two examples."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    setup = case.setup.copy()
    setup.model.eval()
    with as_reason("the first forward pass"), torch.no_grad():
        seen = run_batch(setup, case.ask(light)[0])
    deadline(case.left_s(), share=0.1, most_s=3.0)
    models = [_redrawn(setup.model, gain, case.seed) for gain in GAINS]
    own = [_outputs(m, seen.args, seen.kwargs) for m in models]
    result = []
    for name, tensor in _named(setup.model, seen.args, seen.kwargs):
        if not _varies(tensor):
            continue

        def reaches(changed: Tensor, tensor: Tensor = tensor) -> bool:
            put = _Put(tensor, changed)
            return any(
                not _same(before, _outputs(m, put(seen.args), put(dict(seen.kwargs)))) for m, before in zip(models, own)
            )

        is_used = reaches(tensor.roll(1, dims=0)) and _words_reach(tensor, reaches)
        parts = _parts(tensor, reaches) if is_used and _single_target(seen.targets) else ()
        floats = tensor.is_floating_point()
        result.append(
            InputUse(name=name, shape=tuple(tensor.shape), is_used=is_used, used_parts=parts, is_float=floats)
        )
    return tuple(result)


def _redrawn(model: nn.Module, gain: float, seed: int) -> nn.Module:
    import copy

    again = copy.deepcopy(model)
    redraw(again, seed=seed, gain=gain)
    return again


def _outputs(model: nn.Module, args: Any, kwargs: Any) -> list[Tensor]:
    with as_reason("a forward pass"), torch.no_grad(), drawing_globally(0, "input use"):
        outputs = model(*args, **kwargs)
    found = tensors_in(outputs) or tensors_in(dict(getattr(outputs, "__dict__", {})))
    if not found:
        raise CannotJudgeError("the model's outputs are not tensors")
    return found


def _same(first: list[Tensor], second: list[Tensor]) -> bool:
    return len(first) == len(second) and all(
        torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)) if a.is_floating_point() else torch.equal(a, b)
        for a, b in zip(first, second)
    )


def _named(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    try:
        names = list(inspect.signature(model.forward).parameters)
    except (TypeError, ValueError):
        names = []
    named = [(names[i] if i < len(names) and len(names) >= len(args) else f"input {i}", a) for i, a in enumerate(args)]
    found = []
    for name, value in [*named, *kwargs.items()]:
        tensors = tensors_in(value)
        found += [(name if len(tensors) == 1 else f"{name}[{i}]", t) for i, t in enumerate(tensors)]
    return found


def _varies(tensor: Tensor) -> bool:
    """Examples along the first axis that are not all the same; flags (masks) are left out."""
    if not tensor.ndim or len(tensor) < 2 or tensor.dtype == torch.bool:
        return False
    return not torch.equal(tensor, tensor.roll(1, dims=0))


def _single_target(targets: Any) -> bool:
    """One target per example, so that every part of the input could matter."""
    tensors = tensors_in(targets)
    return bool(tensors) and tensors[0].ndim >= 1 and tensors[0].numel() == len(tensors[0])


def _words_reach(tensor: Tensor, reaches: Any) -> bool:
    """For token ids with padding: whether it matters which they are, not only how many. True where there is none."""
    padding = _padding(tensor)
    if padding is None:
        return True
    rolled = tensor.roll(1, dims=0)
    changed = torch.where((tensor != padding) & (rolled != padding), rolled, tensor)
    return torch.equal(changed, tensor) or bool(reaches(changed))


def _padding(tensor: Tensor) -> int | None:
    """The id that fills up rows of different lengths at their end, or else at their beginning."""
    if tensor.ndim != 2 or tensor.is_floating_point() or tensor.is_complex() or tensor.shape[1] < 4:
        return None
    for rows in (tensor, tensor.flip(1)):
        value = int(rows[:, -1].mode().values)
        is_inside = rows != value
        lengths = is_inside.sum(dim=1)
        runs = (is_inside.cumsum(dim=1) == lengths[:, None]).sum(dim=1) - (lengths > 0).long()
        # what stands at the ends, in runs of different lengths, and hardly anywhere else
        at_end, all_of_it = int(runs.sum()), int((~is_inside).sum())
        is_filling = len(set(runs.tolist())) > 2 and int(runs.max()) > 1 and at_end > 0.9 * all_of_it
        if is_filling and len(set(rows[is_inside].tolist())) > 2:  # flags of what is padded are no words
            return value
    return None


def _parts(tensor: Tensor, reaches: Any) -> tuple[bool, ...]:
    """For (B, T) and (B, T, D): which parts of axis 1 matter; parts that are alike in all examples are left out."""
    if tensor.ndim not in (2, 3) or tensor.shape[1] < 4:
        return ()
    used = []
    for part in torch.arange(tensor.shape[1]).chunk(PARTS):
        changed = tensor.clone()
        changed[:, part] = tensor[:, part].roll(1, dims=0)
        if not torch.equal(changed, tensor):
            used.append(bool(reaches(changed)))
    return tuple(used)


class _Put:
    """Nested arguments with one tensor put in place of another."""

    def __init__(self, old: Tensor, new: Tensor) -> None:
        self.old, self.new = old, new

    def __call__(self, value: Any) -> Any:
        if value is self.old:
            return self.new
        if isinstance(value, dict):
            return {k: self(v) for k, v in value.items()}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(self, value))
        if isinstance(value, list | tuple):
            return type(value)(map(self, value))
        return value
