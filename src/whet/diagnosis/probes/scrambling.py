"""Is a tensor of (examples, a, b) read as (examples, b, a) without a transpose? ``reshape`` and ``view`` do that.

They keep the values in their order in memory, so what was time then becomes a mixture of time and features. It is seen
between the inputs or the output of a layer and what takes it next: a layer, or the loss.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.pace import light
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError

__all__ = ["Scrambled", "scrambled"]

# take the last axis, or for convolutions the second, for features; other modules do not care
_READERS = (nn.Linear, nn.RNNBase, nn.LayerNorm, nn.Conv1d, nn.TransformerEncoderLayer, nn.MultiheadAttention)


@dataclass(frozen=True, kw_only=True)
class Scrambled:
    """A tensor whose last two axes changed places in name only."""

    made: str  # "the inputs", or "the output of 'head'"
    taken: str  # "layer 'body'", or "the loss"
    before: tuple[int, ...]
    after: tuple[int, ...]


def scrambled(case: Case) -> Scrambled | None:
    """The first one in a forward pass in evaluation mode; None where all is well."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    copy = case.setup.copy()
    copy.model.eval()
    watcher = _Watcher(copy.model)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seen = run_batch(copy, case.ask(light)[0], seed=case.seed)
    if seen.given and watcher.found is None:
        watcher.take("the loss", seen.given[0][0], seen.outputs)
    return watcher.found


class _Watcher:
    """Keeps every tensor of three axes that was made, until it is read under another shape."""

    def __init__(self, model: nn.Module) -> None:
        self.found: Scrambled | None = None
        self._made: list[tuple[str, Tensor]] = []
        model.register_forward_pre_hook(lambda module, args: self.make("the inputs", args))
        for name, module in model.named_modules():
            if isinstance(module, _READERS):
                module.register_forward_pre_hook(lambda m, args, n=name: self.take(f"layer {n!r}", args[:1]))
                module.register_forward_hook(lambda m, args, out, n=name: self.make(f"the output of {n!r}", out))

    def make(self, name: str, values: Any) -> None:
        self._made += [(name, t) for t in tensors_in(values) if t.ndim == 3 and t.shape[1] != t.shape[2]]

    def take(self, name: str, *values: Any) -> None:
        for tensor in tensors_in(values):
            for made, other in self._made:
                if self.found is None and _is_scrambled(other, tensor):
                    self.found = Scrambled(made=made, taken=name, before=tuple(other.shape), after=tuple(tensor.shape))


def _is_scrambled(made: Tensor, taken: Tensor) -> bool:
    """The same values in the same order, with the two last axes exchanged; an axis of 1 has nothing to mix."""
    if taken.ndim != 3 or taken.dtype != made.dtype or min(made.shape) < 2:
        return False
    if taken.shape[0] != made.shape[0] or tuple(taken.shape[1:]) != (made.shape[2], made.shape[1]):
        return False
    same, right = made.reshape(-1), made.transpose(1, 2).reshape(-1)
    return torch.equal(same, taken.reshape(-1)) and not torch.equal(right, same)
