"""Do the outputs of one example depend on another? One example is put in the place of another, and outputs are
compared.

In evaluation mode, so that dropout draws nothing and batch normalisation uses its running values: what it does in
training is meant. Which axis holds the examples is not asked: one axis of the inputs and one of the outputs that
keep examples apart are enough.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from whet.diagnosis.case import Case
from whet.diagnosis.forwarding import OrdinaryForward
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.pace import few_examples
from whet.diagnosis.probes.passes import first_pass, run_batch
from whet.diagnosis.probes.rows import num_rows
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError

__all__ = ["Mixing", "different", "inputs_of", "mixing", "swapped"]

PLACES = 3  # of an axis, where an example is put
SHARE = 0.15  # of the time left, for all of them


@dataclass(frozen=True, kw_only=True)
class Mixing:
    """Of the pair of axes that keeps examples apart best."""

    leak: float  # change of other examples' outputs over the change of the example's own, at most; 0: kept apart
    reached: int  # others whose outputs changed
    size: int  # examples in the batch
    inputs: tuple[int, ...]  # shape of the first input
    outputs: tuple[int, ...]
    suspects: tuple[str, ...]  # recurrent and attention layers that take the second axis for the examples


def mixing(case: Case) -> Mixing:
    """Put example k in the place of j in the first batch, for a few j."""
    setup = case.setup
    if setup is None:
        raise CannotJudgeError("needs the model and its data")
    if any(_shares_statistics(m) for m in setup.model.modules()):
        raise CannotJudgeError("batch normalisation without running values mixes the examples of a batch on purpose")
    seen, whole = case.ask(first_pass), case.ask(batches).first[0]
    if not isinstance(seen.targets, Tensor) or not seen.targets.ndim or len(seen.targets) < 3:
        raise CannotJudgeError("needs three examples in a batch")
    if _holds_packed(whole):
        raise CannotJudgeError("packed sequences keep their examples apart by lists of their own")
    batch = few_examples(case, whole)
    size = len(seen.targets) if batch is whole else num_rows(batch)
    inputs = inputs_of(batch, setup.forward)
    if not any(size in t.shape for t in inputs):
        raise CannotJudgeError("no axis of the inputs has as many places as there are targets")
    if any(t.is_sparse for t in inputs) or (len(inputs) > 1 and any(_is_graph(t, size) for t in inputs)):
        raise CannotJudgeError("the inputs look like a graph, whose examples depend on one another")
    began = time.monotonic()
    base, each = _outputs(case, batch), time.monotonic() - began
    if not torch.allclose(base, _outputs(case, batch), equal_nan=True):
        raise CannotJudgeError("the model's outputs differ between two equal passes")
    deepest = max(t.ndim for t in inputs)
    if each * PLACES * deepest > SHARE * case.left_s():
        raise CannotJudgeError(f"a forward pass of a few examples takes {each:.2g} s: too long for the time left")
    ways = [_leak(case, batch, inputs, base, size, axis) for axis in range(deepest)]
    judged = [way for way in ways if way is not None]
    if not judged:
        raise CannotJudgeError("changing an example changes no output")
    leak, reached = min(judged)
    first = next(t for t in inputs if size in t.shape)
    return Mixing(
        leak=leak,
        reached=reached,
        size=size,
        inputs=tuple(first.shape),
        outputs=tuple(base.shape),
        suspects=_sequence_first(setup.model),
    )


def _holds_packed(value: Any) -> bool:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, PackedSequence):
        return True
    return isinstance(value, list | tuple) and any(_holds_packed(v) for v in value)


def inputs_of(batch: Any, forward: Any) -> list[Tensor]:
    """The tensors of a batch, without the targets where they can be told."""
    if isinstance(forward, OrdinaryForward) and isinstance(batch, list | tuple):
        batch = batch[:-1]
    return [t for t in tensors_in(batch) if t.ndim]


def _outputs(case: Case, batch: Any) -> Tensor:
    assert case.setup is not None
    copy = case.setup.copy()
    copy.model.eval()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seen = run_batch(copy, batch, seed=case.seed)
    outputs = seen.outputs if isinstance(seen.outputs, Tensor) else (seen.given[0][0] if seen.given else None)
    if not isinstance(outputs, Tensor) or not outputs.is_floating_point() or not bool(outputs.isfinite().all()):
        raise CannotJudgeError("the outputs are not one tensor of ordinary numbers")
    return outputs.detach().double()


def _leak(
    case: Case, batch: Any, inputs: Sequence[Tensor], base: Tensor, size: int, axis: int
) -> tuple[float, int] | None:
    """The worst over a few places, with examples along ``axis`` of the inputs; None where no output changes."""
    worst: tuple[float, int] | None = None
    for place in sorted({0, size // 2, size - 1}):  # PLACES of them
        other = different(inputs, place, size, axis)
        if other is None:
            continue
        try:
            change = (_outputs(case, swapped(batch, place, other, size, axis)) - base).abs()
        except (RuntimeError, IndexError, ValueError):
            return None  # the model does not take that batch: this is not the axis
        found = _spill(change, place, size)
        if found is not None:
            worst = found if worst is None else max(worst, found)
    return worst


def different(inputs: Sequence[Tensor], place: int, size: int, axis: int) -> int | None:
    """An example that is not like the one at ``place``."""
    for step in range(1, size):
        other = (place + step) % size
        for t in inputs:
            if (
                t.ndim > axis
                and t.shape[axis] == size
                and not torch.equal(t.select(axis, place), t.select(axis, other))
            ):
                return other
    return None


def swapped(value: Any, place: int, other: int, size: int, axis: int) -> Any:
    """The batch with example ``other`` in the place of ``place`` as well."""
    if isinstance(value, Tensor):
        if value.ndim <= axis or value.shape[axis] != size:
            return value
        order = torch.arange(size, device=value.device)
        order[place] = other
        return value.index_select(axis, order)
    if isinstance(value, Mapping):
        return {k: swapped(v, place, other, size, axis) for k, v in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(swapped(v, place, other, size, axis) for v in value))
    if isinstance(value, list | tuple):
        return type(value)([swapped(v, place, other, size, axis) for v in value])
    return value


def _spill(change: Tensor, place: int, size: int) -> tuple[float, int] | None:
    """(change of others over the own change, others reached), for the best reading of the outputs' axes."""
    if not float(change.max()) > 0:
        return None
    readings = [change.movedim(a, 0).reshape(size, -1) for a in range(change.ndim) if change.shape[a] == size]
    flat = len(change) if change.ndim else 0
    if flat > size and flat % size == 0:  # positions of all examples under one another
        readings += [
            change.reshape(size, -1),
            change.reshape(flat // size, size, -1).movedim(1, 0).reshape(size, -1),
        ]
    if change.ndim == 2 and tuple(change.shape) == (size, size):  # each example against each: its row and column change
        cross = change.clone()
        cross[:, place] = 0
        readings.append(cross)
    results = [_of_rows(rows, place) for rows in readings]
    return min(results) if results else None


def _of_rows(rows: Tensor, place: int) -> tuple[float, int]:
    most = rows.max(dim=1).values
    own, others = float(most[place]), torch.cat([most[:place], most[place + 1 :]])
    scale = max(own, 1e-12)
    return min(1e6, float(others.max()) / scale), int((others > 1e-3 * float(most.max())).sum())


def _shares_statistics(module: nn.Module) -> bool:
    return isinstance(module, nn.modules.batchnorm._BatchNorm) and module.running_mean is None


def _is_graph(inputs: Tensor, size: int) -> bool:
    """A list of edges, or a matrix of neighbours."""
    edges = not inputs.is_floating_point() and inputs.ndim == 2 and inputs.shape[0] == 2
    return edges or (inputs.ndim == 2 and tuple(inputs.shape) == (size, size))


def _sequence_first(model: nn.Module) -> tuple[str, ...]:
    kinds = (nn.RNNBase, nn.MultiheadAttention)
    return tuple(n for n, m in model.named_modules() if isinstance(m, kinds) and not m.batch_first)
