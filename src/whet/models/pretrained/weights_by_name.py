"""Weights from safetensors files into a network, name by name; a head of another task stays behind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from whet.errors import BackboneError

__all__ = ["copy_by_name"]


def copy_by_name(files: Sequence[Path], network: nn.Module, *, source: str) -> None:
    """Copy every tensor that ``network`` has.

    Raises:
        BackboneError: one is missing or has another shape; the first five are named.
    """
    from safetensors.torch import load_file

    given: dict[str, Tensor] = {}
    for path in files:
        given |= load_file(path)
    fresh = network.state_dict()
    faults = [f"{name} is missing" for name in fresh if name not in given]
    faults += [
        f"{name} is {tuple(given[name].shape)} and must be {tuple(tensor.shape)}"
        for name, tensor in fresh.items()
        if name in given and given[name].numel() != tensor.numel()
    ]
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise BackboneError(f"the weights of {source} do not fit: {'; '.join(faults[:5])}{more}.")
    network.load_state_dict({name: given[name].reshape(tensor.shape) for name, tensor in fresh.items()})
