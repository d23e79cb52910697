"""Looks at the layers of one forward pass, by hooks on leaf modules and a mode for activations called as functions."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from whet.watching.layer_numbers import axis_of, first_tensor, layer_seen
from whet.watching.pacing import OwnWork
from whet.watching.trace import LayerSeen

__all__ = ["LayerLook", "is_compiled"]

# these take a faster path in evaluation mode, unless they see a hook or a mode
_FAST_PATHS = (nn.TransformerEncoder, nn.TransformerEncoderLayer, nn.MultiheadAttention)
SECONDS_A_CALL = 2e-6  # what a mode adds to every function that is called in it
ACTIVATIONS = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
}


class LayerLook:
    """Fills ``seen`` during ``with``. Activations called as functions are named after the layer before: "fc1 > tanh".

    Args:
        module, prefix: what is about to be called, and its dotted name.
        own: measures what the looking costs.
    """

    def __init__(self, module: nn.Module, prefix: str, *, seen: dict[str, LayerSeen], own: OwnWork) -> None:
        self._seen, self._own = seen, own
        self._handles: list[RemovableHandle] = []
        self._axis, self._before = 1, ""
        self._last: tuple[str, Callable[[], Tensor | None]] = ("", lambda: None)
        self._is_plain = True  # a mode may be entered
        self._leaves = list(self._find(module, prefix, set()))
        self._mode = _Activations(self)

    def __enter__(self) -> Self:
        with self._own:
            for name, leaf in self._leaves:
                self._handles.append(leaf.register_forward_hook(self._hook(name)))
        if self._is_plain:
            self._mode.__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_plain:
            self._mode.__exit__(kind, error, trace)  # type: ignore[no-untyped-call]
        with self._own:
            for handle in self._handles:
                handle.remove()
        self._own.seconds += SECONDS_A_CALL * self._mode.calls

    def _find(self, module: nn.Module, name: str, known: set[nn.Module]) -> Iterator[tuple[str, nn.Module]]:
        if module in known:
            return
        known.add(module)
        if is_compiled(module) or (isinstance(module, _FAST_PATHS) and not module.training):
            self._is_plain = False
            return
        if isinstance(module, nn.MultiheadAttention) or parametrize.is_parametrized(module):
            yield name or "model", module
            return
        children = list(module.named_children())
        if not children:
            yield name or "model", module
        for child, inner in children:
            yield from self._find(inner, f"{name}.{child}" if name else child, known)

    def _hook(self, name: str) -> Callable[[nn.Module, Any, Any], None]:
        def look(module: nn.Module, args: Any, output: Any) -> None:
            if torch.is_grad_enabled():
                with self._own, torch._C.DisableTorchFunction():
                    self._note_leaf(name, module, output)

        return look

    def _note_leaf(self, name: str, module: nn.Module, output: Any) -> None:
        tensor = first_tensor(output)
        if tensor is None:
            return
        kind = type(module).__name__
        key, last = self._last
        if last() is tensor and key in self._seen:  # nn.ReLU calls the function, which was noted
            self._seen.setdefault(name, self._seen.pop(key))
        else:
            self._axis = axis_of(module) or self._guess(tensor)
            if found := layer_seen(kind, tensor, self._axis):
                self._seen[name] = found
        self._before = name

    def _guess(self, tensor: Tensor) -> int:
        """The axis of the layer before; where there is none, channels come first in pictures only."""
        return self._axis if self._before else (1 if tensor.ndim == 4 else -1)

    def note_function(self, function: str, output: Tensor) -> None:
        """An activation was called as a function."""
        with self._own, torch._C.DisableTorchFunction():
            key = f"{self._before} > {function}" if self._before else function
            while key in self._seen:
                key += "'"
            if found := layer_seen(ACTIVATIONS[function], output, self._guess(output)):
                self._seen[key] = found
                self._last = (key, weakref.ref(output))


class _Activations(TorchFunctionMode):
    def __init__(self, look: LayerLook) -> None:
        super().__init__()
        self._look = look
        self.calls = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        self.calls += 1
        name = getattr(func, "__name__", "").rstrip("_")
        if name in ACTIVATIONS and isinstance(result, Tensor) and torch.is_grad_enabled():
            self._look.note_function(name, result)
        return result


def is_compiled(module: nn.Module) -> bool:
    """Whether its forward pass does not run as Python."""
    compiled = getattr(module, "_compiled_call_impl", None) is not None
    return compiled or hasattr(module, "_orig_mod") or isinstance(module, torch.jit.ScriptModule)
