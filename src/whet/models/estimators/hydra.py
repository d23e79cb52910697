"""Hydra: which pattern of a group fits best at each step of a series, counted.

Groups of 8 random kernels compete at every time step and dilation; a feature is how often (and how strongly) a kernel
wins or loses its group. Half of the groups read the series, half its first difference.
Helps: answers in the frequency of local patterns, as an addition to MiniRocket, whose errors differ; hurts: very short
series, where there is little to count.
Source: Dempster, Schmidt and Webb, "Hydra: competing convolutional kernels", DMKD 2023, with its multivariate form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from whet.state import State

__all__ = ["Hydra"]

_LENGTH = 9  # of a kernel
_GROUP = 8  # kernels that compete
_BLOCK_STEPS = 8_192  # time steps handled at a time


@dataclass(frozen=True)
class Hydra:
    """Fixed random transform (N, C, T) float32 -> (N, F) float32 counts, 0 or more.

    >>> hydra = Hydra.draw(channels=1, length=50, num_groups=4, rng=np.random.default_rng(0))
    >>> hydra.transform(np.zeros((3, 1, 50), np.float32)).shape
    (3, 192)
    """

    weights: np.ndarray  # (D, 2, H * 8, 9) float32: per dilation, for the series and for its difference
    channels: np.ndarray  # (D, 2, H, M) int64: the channels that each group sums over

    @classmethod
    def draw(cls, *, channels: int, length: int, num_groups: int, rng: np.random.Generator) -> Self:
        """Random kernels with mean 0 and absolute sum 1, for series of ``length`` (at least 9) steps."""
        num_dilations = int(math.log2((length - 1) / (_LENGTH - 1))) + 1
        half = max(1, num_groups // 2)
        weights = rng.normal(size=(num_dilations, 2, half * _GROUP, _LENGTH))
        weights -= weights.mean(axis=-1, keepdims=True)
        weights /= np.abs(weights).sum(axis=-1, keepdims=True)
        per_group = min(channels, max(2, min(8, channels // 2)))  # the authors' number of channels
        chosen = [rng.choice(channels, per_group, replace=False) for _ in range(num_dilations * 2 * half)]
        return cls(weights.astype(np.float32), np.array(chosen).reshape(num_dilations, 2, half, per_group))

    def state(self) -> State:
        """All of it is arrays."""
        return State({}, dict(self.__dict__))

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same transform again."""
        return cls(**dict(state.arrays))

    @property
    def num_features(self) -> int:
        """F: twice the number of kernels over all dilations."""
        return 2 * int(np.prod(self.weights.shape[:3]))

    def transform(self, series: np.ndarray) -> np.ndarray:
        """(N, C, T) -> (N, F); each series is handled on its own, so its features do not depend on the batch."""
        block = max(1, _BLOCK_STEPS // series.shape[2])
        out = np.empty((len(series), self.num_features), np.float32)
        for start in range(0, len(series), block):
            part = torch.from_numpy(np.ascontiguousarray(series[start : start + block], np.float32))
            # A last block of another size could round differently: it is filled up with empty series.
            whole = F.pad(part, (0, 0, 0, 0, 0, block - len(part)))
            out[start : start + block] = self._block(whole)[: len(part)].numpy()
        return out

    def _block(self, series: Tensor) -> Tensor:
        features: list[Tensor] = []
        sources = (series, series.diff(dim=-1))
        for d, which in np.ndindex(self.weights.shape[:2]):
            weights = torch.from_numpy(self.weights[d, which])
            mixed = sources[which][:, torch.from_numpy(self.channels[d, which])].sum(2)  # (n, H, T)
            responses = _responses(mixed, weights, 2**d)  # (n, H, 8, T)
            features.extend(_counts(responses))
        return torch.cat(features, dim=1)


def _responses(mixed: Tensor, weights: Tensor, dilation: int) -> Tensor:
    groups = mixed.shape[1]
    out = F.conv1d(mixed, weights[:, None], dilation=dilation, padding=dilation * (_LENGTH // 2), groups=groups)
    return out.reshape(len(out), groups, _GROUP, -1)


def _counts(responses: Tensor) -> tuple[Tensor, Tensor]:
    """(n, H, 8, T) -> how strongly each kernel wins, how often it comes last: (n, H * 8) each."""
    top, winner = responses.max(dim=2)
    loser = responses.min(dim=2).indices
    zeros = responses.new_zeros(responses.shape[:3])
    strength = zeros.scatter_add(-1, winner, top)
    times = zeros.scatter_add(-1, loser, torch.ones_like(top))
    return strength.flatten(1), times.flatten(1)
