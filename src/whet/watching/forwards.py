"""Sees the user's calls of the model: their inputs, mode and time, and the layers on passes that are looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from whet.watching.batch_marks import mark_of
from whet.watching.layers import LayerLook, is_compiled
from whet.watching.modes import depends_on_mode, entries_of
from whet.watching.pacing import OwnWork
from whet.watching.taps import Around, Taps
from whet.watching.window import Window

__all__ = ["Forwards"]

MANY = 3  # times as many passes as usual between two steps: the rest were evaluations that forgot ``no_grad``


class Forwards:
    """Outermost calls only: a model that calls itself, or a part that is called inside it, is one pass."""

    def __init__(self, model: nn.Module, own: OwnWork) -> None:
        self._model, self._own = model, own
        self._entries = entries_of(model)
        self._names = {id(module): name for name, module in self._entries.items()}
        self._dependents = _dependents(model)
        self._is_inside = False
        self._evaluated = False
        self._without = 0
        self._passes = Counter[int]()  # forward passes with gradients in one window -> number of windows
        self._was_called = False
        self.num_in_training_mode = 0
        self._taps: Taps | None = None
        self._around: Around | None = None

    def watch(self, taps: Taps, around: Around) -> None:
        """Begin: ``around`` is told of every call."""
        self._taps, self._around = taps, around
        self._tap(self._entries.values())

    def _tap(self, modules: Any) -> None:
        assert self._taps is not None
        assert self._around is not None
        for kind in dict.fromkeys(type(module) for module in modules):
            self._taps.place(kind, "__call__", self._around)

    def concerns(self, module: Any) -> bool:
        """Whether this is a call to look at."""
        return not self._is_inside and id(module) in self._names

    def go_inside(
        self,
        proceed: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        look: LayerLook | None = None,
    ) -> Any:
        """Make the call."""
        self._is_inside = True
        try:
            if look is None:
                return proceed(*args, **kwargs)
            with look:
                return proceed(*args, **kwargs)
        finally:
            self._is_inside = False

    def note_without_gradients(self) -> None:
        """An evaluation, or the like."""
        self._evaluated = self._was_called = True
        self._without += 1
        self.num_in_training_mode += self._model.training

    def begin(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], window: Window
    ) -> LayerLook | None:
        """A pass with gradients begins. Returns what looks at its layers, if they are looked at."""
        self._was_called = True
        window.begin_forward(self._own.clock(), evaluated=self._evaluated)
        self._evaluated = False
        window.inputs = (args, kwargs)
        window.num_examples = _num_examples(args, kwargs)
        window.is_training = module.training if len(self._entries) > 1 else self._model.training
        if window.looked_at:
            self._dependents = _dependents(self._model)
            window.mark = mark_of(args, kwargs)
        if self._dependents:
            window.in_eval = tuple([name for name, part in self._dependents if not part.training])
        if window.entered is None or id(module) in window.entered or is_compiled(module):
            return None
        window.entered.add(id(module))
        return LayerLook(module, self._names[id(module)], seen=window.layers, own=self._own)

    def end(self, result: Any, window: Window) -> None:
        """It is over."""
        window.outputs = result
        if isinstance(result, Tensor) and result.ndim and window.num_examples is not None:
            window.num_examples = _agreed(window.num_examples, result.shape[0], window.inputs)

    def end_window(self, window: Window) -> None:
        """The step is over."""
        if window.num_forward:
            self._passes[window.num_forward] += 1

    def look_for_parts(self, window: Window) -> None:
        """A model that was not called in the first step goes by its parts from then on: users may call methods."""
        if not self._was_called and window.num_backward and len(self._entries) == 1:
            self._was_called = True
            parts = {n: m for n, m in self._model.named_children() if not isinstance(m, nn.ModuleList | nn.ModuleDict)}
            if parts and not any(is_compiled(m) for m in self._model.modules()):
                self._entries = parts
                self._names = {id(m): n for n, m in parts.items()}
                self._tap(parts.values())

    def num_forward_only(self, window: Window) -> int:
        """Passes that no backward followed; those with gradients are told by their unusual number."""
        counts = self._passes + Counter({window.num_forward: 1} if window.num_forward and window.num_backward else {})
        left = window.num_forward if not window.num_backward else 0
        if not counts:
            return self._without + left
        usual = counts.most_common(1)[0][0]
        return self._without + left + sum(n * (k - usual) for k, n in counts.items() if k > MANY * usual)


def _dependents(model: nn.Module) -> list[tuple[str, nn.Module]]:
    return [(n.removeprefix("_orig_mod."), m) for n, m in model.named_modules() if depends_on_mode(m)]


def _num_examples(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> int | None:
    for value in (*args, *kwargs.values()):
        if isinstance(value, Tensor) and value.ndim:
            return int(value.shape[0])
        if isinstance(value, list | tuple | dict):
            inner = tuple(value.values()) if isinstance(value, dict) else tuple(value)
            if (found := _num_examples(inner, {})) is not None:
                return found
    return None


def _agreed(given: int, came_out: int, inputs: tuple[tuple[Any, ...], dict[str, Any]]) -> int:
    """Words in one long row, with a second tensor that says where each text begins: count the texts."""
    if given == came_out:
        return given
    firsts = {v.shape[0] for v in (*inputs[0], *inputs[1].values()) if isinstance(v, Tensor) and v.ndim}
    return came_out if came_out in firsts else given
