"""What a user's own network is given: ordinary tensors, and the sizes that its factory asks for by name.

pictures  (B, C, H, W) float32, normalised per channel
tables    (B, F) float32: scaled numbers, then every category as one column per value
series    (B, C, T) float32
texts     (B, L) int64 token ids, 0 pads; with ``mask`` or ``attention_mask`` (B, L) bool, true for tokens, and
          ``lengths`` (B,), where ``forward`` takes arguments of these names
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality

__all__ = ["PARTS", "ask_of", "own_input", "sample_batch", "sizes"]

PARTS = {
    Modality.IMAGE: ("image",),
    Modality.TABLE: ("numbers", "categories"),
    Modality.SERIES: ("series",),
    Modality.TEXT: ("tokens",),
}
MASKS = ("mask", "attention_mask")


def sizes(spec: InputSpec, num_outputs: int) -> dict[str, Any]:
    """Every size by each name under which a factory may ask for it."""
    known: dict[str, Any] = {"num_outputs": num_outputs, "num_classes": num_outputs}
    if spec.modality is Modality.IMAGE:
        known |= {"in_channels": spec.channels, "height": spec.height, "width": spec.width}
        known |= {"input_shape": (spec.channels, spec.height, spec.width)}
    elif spec.modality is Modality.TABLE:
        width = spec.num_numbers + sum(spec.cardinalities)
        known |= {"num_features": width, "in_features": width, "input_shape": (width,)}
    elif spec.modality is Modality.SERIES:
        known |= {"in_channels": spec.channels, "num_channels": spec.channels, "length": spec.length}
        known |= {"input_shape": (spec.channels, spec.length)}
    else:
        known |= {"vocab_size": spec.vocab_size, "length": spec.max_tokens, "padding_idx": 0}
        known |= {"input_shape": (spec.max_tokens,)}
    return known


def own_input(spec: InputSpec, batch: Batch) -> Tensor:
    """The tensor that the network reads, from the parts of a batch."""
    if spec.modality is not Modality.TABLE:
        return batch[PARTS[spec.modality][0]]
    numbers, codes = batch["numbers"], batch["categories"]
    shown = [F.one_hot(codes[:, i], size).to(numbers.dtype) for i, size in enumerate(spec.cardinalities)]
    return torch.cat([numbers, *shown], dim=1)


def ask_of(module: nn.Module) -> frozenset[str]:
    """Which further arguments ``forward`` takes by name: masks and lengths of texts."""
    try:
        names = set(inspect.signature(module.forward).parameters)
    except (TypeError, ValueError):  # a compiled module
        return frozenset()
    return frozenset(names & {*MASKS, "lengths"})


def further(spec: InputSpec, tokens: Tensor, asked: frozenset[str]) -> Mapping[str, Tensor]:
    """These arguments for a batch of texts."""
    if spec.modality is not Modality.TEXT:
        return {}
    real = tokens != 0
    given: dict[str, Tensor] = {name: real for name in MASKS if name in asked}
    return given | ({"lengths": real.sum(dim=1).clamp(min=1)} if "lengths" in asked else {})


def sample_batch(spec: InputSpec, size: int = 2) -> Batch:
    """Examples of zeros (texts: of token 1), to see what a network makes of the shapes."""
    if spec.modality is Modality.IMAGE:
        return {"image": torch.zeros(size, spec.channels, spec.height, spec.width)}
    if spec.modality is Modality.SERIES:
        return {"series": torch.zeros(size, spec.channels, spec.length)}
    if spec.modality is Modality.TABLE:
        ids = torch.zeros(size, len(spec.cardinalities), dtype=torch.int64)
        return {"numbers": torch.zeros(size, spec.num_numbers), "categories": ids}
    return {"tokens": torch.ones(size, max(1, min(spec.max_tokens, 16)), dtype=torch.int64)}
