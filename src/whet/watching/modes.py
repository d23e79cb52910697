"""Modules whose behaviour depends on the mode, and which of them are in evaluation mode."""

from __future__ import annotations

from torch import nn

__all__ = ["depends_on_mode", "entries_of"]


def depends_on_mode(module: nn.Module) -> bool:
    """Whether training and evaluation mode differ.

    >>> depends_on_mode(nn.Dropout(0.5)), depends_on_mode(nn.Dropout(0.0)), depends_on_mode(nn.LayerNorm(3))
    (True, False, False)
    """
    if isinstance(module, nn.modules.dropout._DropoutNd):
        return module.p > 0
    if isinstance(module, nn.modules.batchnorm._NormBase):  # batch and instance norm
        return module.track_running_stats
    if isinstance(module, nn.RNNBase | nn.MultiheadAttention):
        return float(module.dropout) > 0
    return isinstance(module, nn.RReLU)


def entries_of(module: nn.Module, name: str = "") -> dict[str, nn.Module]:
    """What a user calls: the model, or what is in it where it is only a container of several."""
    if not isinstance(module, nn.ModuleList | nn.ModuleDict):
        return {name: module}
    found: dict[str, nn.Module] = {}
    for child, inner in module.named_children():
        found |= entries_of(inner, f"{name}.{child}" if name else child)
    return found
