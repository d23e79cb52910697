"""How a batch of a loader becomes outputs and targets where the user does not say so.

The conventions: ``(x, y)``; ``(x1, x2, ..., y)`` and ``((x1, x2), y)``: the model takes several inputs; a mapping
with one of ``labels``, ``label``, ``target``, ``targets`` or ``y``: the other entries are the model's keyword
arguments. Tensors are moved to the device of the model.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from whet.errors import DataError

__all__ = ["TARGET_NAMES", "OrdinaryForward", "inputs_and_targets", "shown"]

TARGET_NAMES = ("labels", "label", "target", "targets", "y")
EXAMPLE = "forward=lambda model, batch: (model(batch[0]), batch[1])"


@dataclass(frozen=True, kw_only=True)
class OrdinaryForward:
    """(model, batch) -> (outputs, targets) by the conventions above.

    >>> x, y = OrdinaryForward()(nn.Identity(), (torch.zeros(2, 3), torch.zeros(2)))
    >>> x.shape, y.shape
    (torch.Size([2, 3]), torch.Size([2]))
    """

    take: str = ""  # attribute or key of the model's output object that the loss is given: "logits"
    hands_targets: bool = False  # the model takes the targets too, by their name, and makes the loss itself

    def __call__(self, model: nn.Module, batch: Any) -> tuple[Any, Any]:
        """Outputs and targets."""
        device = next((p.device for p in model.parameters()), torch.device("cpu"))
        args, kwargs, targets = inputs_and_targets(moved(batch, device), model)
        if self.hands_targets and isinstance(batch, Mapping):
            kwargs = {**kwargs, _target_name(batch): targets}
        outputs = model(*args, **kwargs)
        return (taken(outputs, self.take) if self.take else outputs), targets

    def targets(self, batch: Any) -> Any:
        """The targets of a batch, without running a model."""
        return inputs_and_targets(batch, None)[2]


def inputs_and_targets(batch: Any, model: nn.Module | None) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """Positional and keyword arguments for the model, and the targets."""
    if isinstance(batch, Mapping):
        name = _target_name(batch)
        rest = {str(k): v for k, v in batch.items() if k != name}
        _must_be_tensors(rest, batch[name])
        return (), rest, batch[name]
    if not isinstance(batch, list | tuple):
        raise DataError(f"{_seen(batch)}, not (inputs, targets). Pass {EXAMPLE} for what your loop does with it.")
    if len(batch) < 2:
        raise DataError(
            f"{_seen(batch)}, so there are no targets. Where the inputs are the targets, pass "
            "forward=lambda model, batch: (model(batch[0]), batch[0])."
        )
    *inputs, targets = batch
    _must_be_tensors(inputs, targets)
    if len(inputs) == 1 and isinstance(inputs[0], Mapping):
        return (), {str(k): v for k, v in inputs[0].items()}, targets
    if len(inputs) == 1 and isinstance(inputs[0], list | tuple) and _takes(model, len(inputs[0])):
        return tuple(inputs[0]), {}, targets
    return tuple(inputs), {}, targets


def moved(value: Any, device: torch.device) -> Any:
    """``value`` with every tensor in it on ``device``."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, PackedSequence):  # a named tuple, but one whose sizes stay on the processor
        packed: Any = value
        return packed.to(device)
    if isinstance(value, Mapping):
        return {k: moved(v, device) for k, v in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(moved(v, device) for v in value))
    if isinstance(value, list | tuple):
        return type(value)([moved(v, device) for v in value])
    return value.to(device) if hasattr(value, "to") and callable(value.to) else value


def taken(outputs: Any, name: str) -> Any:
    """An entry or attribute of an object of outputs; None where it has none."""
    return outputs.get(name) if isinstance(outputs, Mapping) else getattr(outputs, name, None)


def shown(value: Any, depth: int = 0) -> str:
    """The structure of a value in words: "(float32 (32, 3), int64 (32,))".

    >>> shown((torch.zeros(2, 3), [1, "a"]))
    '(float32 (2, 3), [int, str])'
    """
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if type(value).__module__ == "numpy" and hasattr(value, "shape"):
        return f"numpy {getattr(value, 'dtype', '')} {tuple(value.shape)}"
    if depth < 3 and isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {shown(v, depth + 1)}" for k, v in list(value.items())[:8]) + "}"
    if depth < 3 and isinstance(value, list | tuple):
        inner = ", ".join(shown(v, depth + 1) for v in value[:4]) + (", ..." if len(value) > 4 else "")
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    return type(value).__name__


def _takes(model: nn.Module | None, count: int) -> bool:
    """Whether the model's forward takes ``count`` positional arguments."""
    if model is None:
        return True
    try:
        inspect.signature(model.forward).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def _target_name(batch: Mapping[Any, Any]) -> str:
    names = [n for n in TARGET_NAMES if n in batch]
    if len(names) != 1:
        what = "none" if not names else f"several ({', '.join(names)})"
        raise DataError(
            f"{_seen(batch)}; the targets are looked for under one of {', '.join(TARGET_NAMES)}, and there is {what}. "
            "Pass forward=lambda model, batch: (model(batch['...']), batch['...'])."
        )
    return names[0]


def _must_be_tensors(inputs: Any, targets: Any) -> None:
    for part, value in (("inputs", inputs), ("targets", targets)):
        odd = _odd(value)
        if odd:
            raise DataError(
                f"the {part} of a batch hold {odd}, which a model cannot take: {shown(value)}. Make tensors of them "
                "in the "
                "dataset or its collate_fn, or pass forward=lambda model, batch: (outputs, targets) with what your "
                "loop does."
            )


def _odd(value: Any) -> str:
    """What in ``value`` is plainly no input of a model: arrays of NumPy, words."""
    if isinstance(value, str):
        return "text"
    if type(value).__module__ == "numpy":
        return "NumPy arrays"
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return next((o for v in value[:4] if (o := _odd(v))), "")
    return ""


def _seen(batch: Any) -> str:
    return f"a batch is {shown(batch)}"
