"""Functions around functions: calls of a module's or a class's function are passed through ours, then all is put back.

Hooks on modules would travel with copies and saved files of a model, and some modules of PyTorch take another path
where they see a hook. A tap sits on the class or the module of functions, for the time of the watching only. Several
watchers share one tap, in any order of coming and going.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

__all__ = ["Around", "Taps"]

Function = Callable[..., Any]
Around = Callable[[Function, tuple[Any, ...], dict[str, Any]], Any]  # (what to call, arguments): returns its result


class Taps:
    """The taps of one watcher.

    >>> import types
    >>> place = types.SimpleNamespace(double=lambda x: 2 * x)
    >>> taps = Taps()
    >>> taps.place(place, "double", lambda proceed, args, kwargs: proceed(*args) + 1)
    >>> place.double(4)
    9
    >>> taps.remove()
    >>> place.double(4)
    8
    """

    def __init__(self) -> None:
        self._placed: list[tuple[Any, str, Any, Around]] = []

    def place(self, owner: Any, name: str, around: Around) -> None:
        """Put ``around`` around the function ``name`` of a module or class."""
        tapped = vars(owner).get(name)
        if not hasattr(tapped, "arounds"):
            tapped = _tapped(getattr(owner, name), was_own=name in vars(owner))
            setattr(owner, name, tapped)
        assert tapped is not None
        tapped.arounds.append(around)
        self._placed.append((owner, name, tapped, around))

    def remove(self) -> None:
        """Take all away. A tap over which somebody else has put something stays, and passes calls on."""
        while self._placed:
            owner, name, tapped, around = self._placed.pop()
            tapped.arounds.remove(around)
            if tapped.arounds or vars(owner).get(name) is not tapped:
                continue
            if tapped.was_own:
                setattr(owner, name, tapped.original)
            else:
                delattr(owner, name)  # it was inherited


def _tapped(original: Function, *, was_own: bool) -> Any:
    arounds: list[Around] = []

    def tapped(*args: Any, **kwargs: Any) -> Any:
        if not arounds or torch.compiler.is_compiling():
            return original(*args, **kwargs)
        if len(arounds) == 1:
            return arounds[0](original, args, kwargs)
        call = original
        for around in tuple(arounds):
            call = functools.partial(_through, around, call)
        return call(*args, **kwargs)

    functools.update_wrapper(tapped, original)
    tapped.arounds, tapped.original, tapped.was_own = arounds, original, was_own  # type: ignore[attr-defined]
    return tapped


def _through(around: Around, inner: Function, *args: Any, **kwargs: Any) -> Any:
    return around(inner, args, kwargs)
