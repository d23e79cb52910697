"""What models consume: columnar tensors from which a batch is an index into memory.

A batch is a ``dict[str, Tensor]``. The parts by modality (B = batch):
    image:   "image" (B, C, H, W) float32, normalised per channel, channels_last in memory
    text:    "tokens" (B, L) int64, 0 = padding, L the longest in the batch; "ngrams" (B, M) int64, 0 = padding
    table:   "numbers" (B, F) float32, "categories" (B, G) int64, 0 = missing or unknown
    series:  "series" (B, C, T) float32, no NaN
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from whet.data.kinds import Modality

__all__ = ["Batch", "DensePart", "ImagePart", "InputSpec", "Inputs", "Part", "RaggedPart"]

Batch = dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """The sizes an architecture needs in order to be built. Fields of other modalities stay at zero."""

    modality: Modality
    channels: int = 0  # image, series
    height: int = 0  # image, pixels
    width: int = 0  # image, pixels
    length: int = 0  # series, steps
    vocab_size: int = 0  # text: number of token ids, padding included
    num_buckets: int = 0  # text: number of n-gram ids, padding included
    max_tokens: int = 0  # text: the longest token sequence that the encoder emits
    num_numbers: int = 0  # table: F
    cardinalities: tuple[int, ...] = ()  # table: for each of the G categories the number of ids, 0 included
    backbone: Mapping[str, Any] = field(default_factory=dict)  # pretrained body: its kind and configuration, JSON-ready

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**self.__dict__, "modality": str(self.modality), "cardinalities": list(self.cardinalities)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> InputSpec:
        """Read what ``to_dict`` wrote."""
        return cls(**{**data, "modality": Modality(data["modality"]), "cardinalities": tuple(data["cardinalities"])})


class Part(Protocol):
    """One named input of the model for N examples."""

    def __len__(self) -> int: ...

    def gather(self, index: np.ndarray) -> Tensor:
        """The batch tensor for the examples at ``index``."""
        ...

    def take(self, index: np.ndarray) -> Part:
        """A view of these examples."""
        ...


@dataclass(frozen=True)
class DensePart:
    """``values``: (M, ...) float32 or int64, in memory or memory-mapped; ``rows``: (N,) view."""

    values: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def gather(self, index: np.ndarray) -> Tensor:
        """(len(index), ...) in the dtype of ``values``."""
        return torch.from_numpy(np.ascontiguousarray(self.values[self.rows[index]]))

    def take(self, index: np.ndarray) -> DensePart:
        """A view of these examples."""
        return replace(self, rows=self.rows[index])


@dataclass(frozen=True)
class ImagePart:
    """``pixels``: (M, H, W, C) uint8; a batch is (pixel / 255 - mean) / std, channels first, channels_last memory."""

    pixels: np.ndarray
    rows: np.ndarray
    mean: tuple[float, ...]  # per channel, in [0, 1]
    std: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def gather(self, index: np.ndarray) -> Tensor:
        """(len(index), C, H, W) float32."""
        return self.normalised(self.raw(index))

    def raw(self, index: np.ndarray) -> Tensor:
        """(len(index), H, W, C) uint8: a quarter of the bytes, for a way to another device."""
        return torch.from_numpy(np.ascontiguousarray(self.pixels[self.rows[index]]))

    def normalised(self, pixels: Tensor) -> Tensor:
        """What ``gather`` gives, from what ``raw`` gave, on the device of ``pixels``."""
        mean, std = (torch.tensor(values, device=pixels.device) for values in (self.mean, self.std))
        scale, shift = 1.0 / (255.0 * std), -mean / std
        values = pixels.float()
        return torch.addcmul(shift, values, scale, out=values).permute(0, 3, 1, 2)  # in place: half the memory

    def take(self, index: np.ndarray) -> ImagePart:
        """A view of these examples."""
        return replace(self, rows=self.rows[index])


@dataclass(frozen=True)
class RaggedPart:
    """Sequences of ids on end: ``flat`` (ids,) int32, ``offsets`` (M + 1,) int64, ``rows`` (N,) view; 0 pads."""

    flat: np.ndarray
    offsets: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def gather(self, index: np.ndarray) -> Tensor:
        """(len(index), longest) int64, padded with 0 on the right; longest is at least 1."""
        rows = self.rows[index]
        starts, lengths = self.offsets[rows], self.offsets[rows + 1] - self.offsets[rows]
        steps = np.arange(max(1, int(lengths.max(initial=0))))
        inside = steps < lengths[:, None]
        positions = np.where(inside, starts[:, None] + steps, 0)
        padded = np.where(inside, self.flat[positions] if len(self.flat) else 0, 0)
        return torch.from_numpy(padded.astype(np.int64))

    def lengths(self) -> np.ndarray:
        """(N,) int64: ids of each example."""
        return np.asarray(self.offsets[self.rows + 1] - self.offsets[self.rows])

    def take(self, index: np.ndarray) -> RaggedPart:
        """A view of these examples."""
        return replace(self, rows=self.rows[index])


@dataclass(frozen=True)
class Inputs:
    """The named parts for the same N examples."""

    parts: Mapping[str, Part] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.parts.values())))

    def batch(self, index: np.ndarray) -> Batch:
        """The tensors for the examples at ``index`` (int64), on the CPU."""
        return {name: part.gather(index) for name, part in self.parts.items()}

    def lengths(self) -> np.ndarray | None:
        """(N,) tokens of each text; None for examples without tokens, which are all of one size."""
        tokens = self.parts.get("tokens")
        return tokens.lengths() if isinstance(tokens, RaggedPart) else None

    def only(self, names: tuple[str, ...]) -> Inputs:
        """Just the parts that a model reads, so that nothing else is gathered."""
        return Inputs({name: self.parts[name] for name in names})

    def take(self, index: np.ndarray) -> Inputs:
        """A view of these examples."""
        return Inputs({name: part.take(index) for name, part in self.parts.items()})
