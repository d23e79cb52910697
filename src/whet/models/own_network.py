"""The user's own ``nn.Module`` as an architecture: wherever a recipe names a network, it may name "module:factory".

The factory is called with the sizes that it asks for by name (see ``own_inputs.sizes``); its other arguments with plain
defaults are the settings that a recipe, and so a remedy, may change (``width``, ``dropout``). The linear layer whose
output the network returns is the head; features are what it reads.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture
from whet.models.own_code import OwnCode, own_code, told_where
from whet.models.own_inputs import PARTS, ask_of, further, own_input, sample_batch, sizes

__all__ = ["OwnNetwork", "own_architecture", "own_settings"]

ALWAYS = ("num_outputs", "num_classes", "in_channels", "num_channels", "num_features", "vocab_size", "input_shape")
PLAIN = (bool, int, float, str, tuple, list, type(None))


def own_architecture(name: str) -> type[OwnNetwork]:
    """The architecture class of a factory; its keyword arguments are the factory's settings."""
    code = own_code(name)
    settings = own_settings(code)
    own = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=v) for n, v in settings.items()]
    first = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in ("spec", "num_outputs")]
    made = type("OwnNetwork", (OwnNetwork,), {"code": code, "__signature__": inspect.Signature([*first, *own])})
    return cast("type[OwnNetwork]", made)


def own_settings(code: OwnCode) -> dict[str, Any]:
    """Arguments of the factory that are no size of the data, with their defaults."""
    return {
        n: p.default
        for n, p in _parameters(code).items()
        if n not in ALWAYS and p.default is not inspect.Parameter.empty and isinstance(p.default, PLAIN)
    }


class OwnNetwork(Architecture):
    """``net`` is what the factory returned.

    Shapes: see ``own_inputs`` -> (B, K) outputs; (B,) counts as (B, 1), and of a tuple the first element counts.
    Raises:
        ConfigError: the factory or the network does not fit the data; the message says what it was given.
    """

    modality: ClassVar[Modality]
    code: ClassVar[OwnCode]

    def __init__(self, spec: InputSpec, num_outputs: int, **settings: Any) -> None:
        super().__init__()
        if spec.modality not in PARTS:
            raise ConfigError(f"model {self.code.name!r} cannot read {spec.modality} examples yet.")
        self.spec, self.parts = spec, PARTS[spec.modality]  # type: ignore[misc]  # depends on the data, not the class
        self.net = _made(self.code, spec, num_outputs, settings)
        self._asked = ask_of(self.net)
        self._head = self._find_head(num_outputs)

    @classmethod
    def reads(cls, modality: Modality) -> bool:
        """Whatever the factory says yes to."""
        return modality in PARTS

    @property
    def head(self) -> nn.Module:  # type: ignore[override]
        """The last linear layer; the network itself where there is none."""
        return self.net if self._head is None else self.net.get_submodule(self._head)

    def forward(self, batch: Batch) -> Tensor:
        """(B, K)."""
        return _first(self._call(batch), self.code)

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D) what the head reads; the outputs where there is no head."""
        if self._head is None:
            return self.forward(batch)
        caught: list[Tensor] = []
        handle = self.head.register_forward_pre_hook(lambda module, args: caught.append(args[0]))
        try:
            self._call(batch)
        finally:
            handle.remove()
        return caught[-1]

    def reset_head(self, num_outputs: int) -> None:
        """A fresh last layer."""
        if self._head is None:
            raise ConfigError(
                f"model {self.code.name!r} does not end in a linear layer, so its head cannot be replaced. "
                "Let its last step be nn.Linear."
            )
        old = cast("nn.Linear", self.head)
        new = nn.Linear(old.in_features, num_outputs, bias=old.bias is not None).to(old.weight.device)
        parent, _, name = self._head.rpartition(".")
        setattr(self.net.get_submodule(parent), name, new)

    def _call(self, batch: Batch) -> Any:
        given = own_input(self.spec, batch)
        return self.net(given, **further(self.spec, given, self._asked))

    def _find_head(self, num_outputs: int) -> str | None:
        """Run two examples of zeros: do the shapes fit, and which layer's output is the network's?"""
        last: dict[tuple[int, int], str] = {}  # a view of an output (squeezed, say) lies at the same place
        keep: list[Tensor] = []  # and a place is only its tensor's as long as that lives

        def note(name: str, output: Tensor) -> None:
            keep.append(output)
            last[_place(output)] = name

        handles = [
            m.register_forward_hook(lambda module, args, output, name=n: note(name, output))
            for n, m in self.net.named_modules()
            if n and isinstance(m, nn.Linear)
        ]
        modes = {m: m.training for m in self.net.modules()}
        sample = sample_batch(self.spec)
        shape = tuple(own_input(self.spec, sample).shape)
        try:
            self.net.eval()
            with torch.no_grad():
                outputs = self._call(sample)
        except Exception as fault:  # whatever the user's network raises is told as one message
            raise ConfigError(
                f"model {self.code.name!r} failed on an input of shape {shape}{told_where(fault)}"
            ) from fault
        finally:
            for module, mode in modes.items():
                module.training = mode
            for handle in handles:
                handle.remove()
        first = _first(outputs, self.code)
        if first.shape != (2, num_outputs):
            raise ConfigError(
                f"model {self.code.name!r} turns an input of shape {shape} into {tuple(first.shape)}; "
                f"(2, {num_outputs}) is needed: {num_outputs} outputs per example. Let the factory take num_outputs."
            )
        raw = outputs[0] if isinstance(outputs, tuple | list) else outputs
        return last.get(_place(raw))


def _place(tensor: Tensor) -> tuple[int, int]:
    return tensor.data_ptr(), tensor.numel()


def _parameters(code: OwnCode) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(code.factory).parameters
    except (TypeError, ValueError):  # written in C, or without a signature
        return {}


def _made(code: OwnCode, spec: InputSpec, num_outputs: int, settings: Mapping[str, Any]) -> nn.Module:
    known, asked = sizes(spec, num_outputs), _parameters(code)
    required = [
        n
        for n, p in asked.items()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) and n not in settings
    ]
    strange = [n for n in required if n not in known]
    if strange:
        raise ConfigError(
            f"model {code.name!r} needs {', '.join(map(repr, strange))}, which Whet does not know for {spec.modality} "
            f"examples. It can ask for {', '.join(known)}; give every other argument a default."
        )
    sized = {n: known[n] for n in asked if n in known and (n in required or n in ALWAYS)}
    try:
        net = code.factory(**{**sized, **settings})
    except Exception as fault:  # whatever the user's factory raises is told as one message
        raise ConfigError(f"model {code.name!r} could not be built{told_where(fault)}") from fault
    if not isinstance(net, nn.Module):
        raise ConfigError(f"model {code.name!r} returned {type(net).__name__}; it must return a torch.nn.Module.")
    if not any(p.requires_grad for p in net.parameters()):
        raise ConfigError(f"model {code.name!r} has no trainable parameter, so there is nothing to train.")
    return net


def _first(outputs: Any, code: OwnCode) -> Tensor:
    first = outputs[0] if isinstance(outputs, tuple | list) and outputs else outputs
    if not isinstance(first, Tensor):
        raise ConfigError(
            f"model {code.name!r} returned {type(outputs).__name__}; it must return a tensor of one row per example, "
            "or a tuple that begins with one."
        )
    return first[:, None] if first.ndim == 1 else first
