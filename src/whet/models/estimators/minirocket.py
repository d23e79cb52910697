"""MiniRocket: thousands of almost fixed convolution features of a series.

84 kernels of length 9 hold six weights of -1 and three of 2, so they answer to shape and not to level. Each is spread
over several dilations; a feature is the share of time steps at which the response exceeds a bias (PPV), and the biases
are quantiles of responses on training series: the only thing learnt, together with random sets of channels.
Helps: nearly every series classification with 20 to 100,000 examples; hurts: answers that lie in the absolute level,
in rare single steps, or at one exact position.
Source: Dempster, Schmidt and Webb, "MiniRocket", KDD 2021. Differs: sums in a fixed order for each element, so
that a feature depends on its series alone, whatever the batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from whet.state import State

__all__ = ["KERNEL_LENGTH", "MiniRocket"]

KERNEL_LENGTH = 9
_KERNELS = tuple(combinations(range(KERNEL_LENGTH), 3))  # 84: where the weight is 2 instead of -1
_MAX_DILATIONS = 32  # the authors' cap per kernel
_MAX_CHANNELS = 9  # the authors' cap of channels per kernel
_BLOCK_STEPS = 16_384  # time steps handled at a time: the working set stays in the processor's cache


@dataclass(frozen=True)
class MiniRocket:
    """Fitted transform (N, C, T) float32 -> (N, F) float32 in [0, 1].

    >>> x = np.random.default_rng(0).normal(size=(5, 1, 30)).astype(np.float32)
    >>> rocket = MiniRocket.fit(x, num_features=500, rng=np.random.default_rng(0))
    >>> rocket.transform(x).shape
    (5, 420)
    """

    dilations: np.ndarray  # (D,) int64 steps between the weights of a kernel
    counts: np.ndarray  # (D,) int64 features per kernel at each dilation
    channels: np.ndarray  # (D, 84, C) bool: the channels that each kernel sums over
    biases: np.ndarray  # (F,) float32 by dilation, kernel, quantile

    @classmethod
    def fit(cls, series: np.ndarray, *, num_features: int, rng: np.random.Generator) -> Self:
        """Choose dilations for the length, channels at random, biases from training series (N, C, T), T at least 9."""
        dilations, counts = _dilations(series.shape[2], max(1, num_features // len(_KERNELS)))
        channels = _draw_channels(len(dilations), series.shape[1], rng)
        examples = rng.integers(len(series), size=(len(dilations), len(_KERNELS)))
        quantiles = _spread(int(counts.sum()) * len(_KERNELS))
        biases, start = [], 0
        for d, dilation in enumerate(dilations.tolist()):
            taps = _taps(torch.from_numpy(series[examples[d]]), dilation)
            for k in range(len(_KERNELS)):
                response = _response(taps, k, channels[d, k])[k]
                biases.append(torch.quantile(response, quantiles[start : start + counts[d]]))
                start += int(counts[d])
        return cls(dilations, counts, channels, torch.cat(biases).numpy())

    def state(self) -> State:
        """All of it is arrays."""
        return State({}, {**self.__dict__, "channels": self.channels.astype(np.uint8)})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same transform again."""
        arrays = dict(state.arrays)
        return cls(**{**arrays, "channels": arrays["channels"].astype(bool)})

    @property
    def num_features(self) -> int:
        """F: the asked number rounded down to a multiple of 84."""
        return len(self.biases)

    def transform(self, series: np.ndarray) -> np.ndarray:
        """(N, C, T) -> (N, F): for each kernel, dilation and bias the share of steps above the bias."""
        out = np.empty((len(series), self.num_features), np.float32)
        block = max(1, _BLOCK_STEPS // series.shape[2])
        for start in range(0, len(series), block):
            part = torch.from_numpy(np.ascontiguousarray(series[start : start + block], np.float32))
            place = 0
            for response, bias in self._responses(part):
                above = response.new_empty((len(response), len(bias), response.shape[-1]))
                # Writing the comparison straight into floats is several times faster than summing booleans.
                torch.gt(response[:, None, :], bias[:, None], out=above)
                out[start : start + block, place : place + len(bias)] = above.sum(-1) / response.shape[-1]
                place += len(bias)
        return out

    def _responses(self, series: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Per dilation and kernel: (n, steps) responses and (f,) biases; every second kernel without padded ends."""
        biases, length, start = torch.from_numpy(self.biases), series.shape[-1], 0
        for d, (dilation, count) in enumerate(zip(self.dilations.tolist(), self.counts.tolist(), strict=True)):
            taps, margin = _taps(series, dilation), dilation * (KERNEL_LENGTH // 2)
            for k in range(len(_KERNELS)):
                response = _response(taps, k, self.channels[d, k])
                whole = (d + k) % 2 == 0
                yield (response if whole else response[:, margin : length - margin]), biases[start : start + count]
                start += count


def _taps(series: Tensor, dilation: int) -> list[list[Tensor]]:
    """Per channel ten (n, T) arrays: minus the sum of the nine shifted copies, and three times each copy."""
    margin, length = dilation * (KERNEL_LENGTH // 2), series.shape[-1]
    padded = F.pad(series, (margin, margin))
    taps = []
    for channel in padded.unbind(1):
        shifted = [channel[:, j * dilation : j * dilation + length] for j in range(KERNEL_LENGTH)]
        total = shifted[0].clone()
        for copy in shifted[1:]:
            total += copy
        taps.append([-total, *(3 * copy for copy in shifted)])
    return taps


def _response(taps: list[list[Tensor]], kernel: int, channels: np.ndarray) -> Tensor:
    """(n, T) response of one kernel, summed over its channels."""
    chosen = np.flatnonzero(channels).tolist()
    total = torch.empty_like(taps[0][0])
    for n, c in enumerate(chosen):
        torch.add(total if n else taps[c][0], taps[c][0] if n else taps[c][1 + _KERNELS[kernel][0]], out=total)
        for j in _KERNELS[kernel][0 if n else 1 :]:
            total += taps[c][1 + j]
    return total


def _dilations(length: int, features_per_kernel: int) -> tuple[np.ndarray, np.ndarray]:
    """Exponentially spaced dilations up to the longest that fits, and how many of a kernel's features each gets."""
    wanted = min(features_per_kernel, _MAX_DILATIONS)
    longest = math.log2((length - 1) / (KERNEL_LENGTH - 1))
    steps = np.logspace(0, longest, wanted, base=2.0).astype(np.int64)
    dilations, times = np.unique(steps, return_counts=True)
    counts = (times * (features_per_kernel / wanted)).astype(np.int64)
    counts[: features_per_kernel - counts.sum()] += 1
    return dilations, counts


def _draw_channels(num_dilations: int, num_channels: int, rng: np.random.Generator) -> np.ndarray:
    """(D, 84, C) bool: sets of 1 to 9 channels, small sets more often (size 2 ** uniform)."""
    chosen = np.zeros((num_dilations, len(_KERNELS), num_channels), bool)
    largest = math.log2(min(num_channels, _MAX_CHANNELS) + 1)
    for d, k in np.ndindex(chosen.shape[:2]):
        size = int(2 ** rng.uniform(0, largest))
        chosen[d, k, rng.choice(num_channels, size, replace=False)] = True
    return chosen


def _spread(count: int) -> Tensor:
    """(count,) quantiles in (0, 1) that fill the interval evenly from any start: multiples of the golden ratio."""
    return torch.from_numpy((np.arange(1, count + 1) * ((math.sqrt(5) + 1) / 2) % 1).astype(np.float32))
