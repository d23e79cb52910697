"""The layers of a model in the order in which they are used, with what goes into them and what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

__all__ = ["NORMALISATIONS", "LayerUse", "layers_used", "weight_layers"]

NORMALISATIONS = (
    nn.modules.batchnorm._NormBase,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.LocalResponseNorm,
    *((nn.RMSNorm,) if hasattr(nn, "RMSNorm") else ()),
)


@dataclass(kw_only=True)
class LayerUse:
    """One use of a module with parameters of its own, or of a normalisation."""

    name: str
    module: nn.Module
    inputs: list[Tensor] = field(default_factory=list)
    output: Tensor | None = None

    @property
    def normalises(self) -> bool:
        """Also layers of other libraries, by their name."""
        return isinstance(self.module, NORMALISATIONS) or "norm" in type(self.module).__name__.lower()


@contextmanager
def layers_used(model: nn.Module) -> Iterator[list[LayerUse]]:
    """Collects uses of layers in forward passes inside the block, in the order in which they begin."""
    uses: list[LayerUse] = []
    handles = []
    for name, module in model.named_modules():
        is_layer = any(True for _ in module.parameters(recurse=False)) or isinstance(module, NORMALISATIONS)
        if (is_layer and module is not model) or not any(True for _ in model.children()):
            handles.append(module.register_forward_pre_hook(_begin(name, uses), with_kwargs=True))
            handles.append(module.register_forward_hook(_end(uses)))
    try:
        yield uses
    finally:
        for handle in handles:
            handle.remove()


def weight_layers(uses: list[LayerUse]) -> list[LayerUse]:
    """Those that hold a matrix or more: not normalisations, not embeddings."""
    embeddings = (nn.Embedding, nn.EmbeddingBag)
    return [
        u
        for u in uses
        if not u.normalises
        and not isinstance(u.module, embeddings)
        and any(p.ndim >= 2 for p in u.module.parameters(recurse=False))
    ]


def _begin(name: str, uses: list[LayerUse]) -> Any:
    def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        tensors = [t for t in (*args, *kwargs.values()) if isinstance(t, Tensor)]
        uses.append(LayerUse(name=name, module=module, inputs=tensors))

    return hook


def _end(uses: list[LayerUse]) -> Any:
    def hook(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        value = output[0] if isinstance(output, tuple) and output else output
        for use in reversed(uses):
            if use.module is module and use.output is None:
                use.output = value if isinstance(value, Tensor) else None
                return

    return hook
