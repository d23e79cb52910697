"""InceptionTime: convolutions of three lengths side by side, stacked, averaged over time.

Helps: classification and regression of whole series whose answer lies in local shapes at several scales; one network of
the ensemble that the authors average. Hurts: fewer than about 50 series (MiniRocket + ridge first), and answers in the
exact position of an event, which the average over time forgets.
Source: Fawaz et al., "InceptionTime: Finding AlexNet for time series classification", DMKD 2020.
Differs: kernels of odd length (39, 19, 9), shortened to the series; 16 filters instead of 32, for half of the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures
from whet.models.receptive import Window, receptive_field
from whet.recipe import Recipe
from whet.tasks import series_recipes
from whet.tasks.facts import Facts

__all__ = ["InceptionTime"]

_BRANCHES = 3  # kernels of length k, k / 2, k / 4
_RESIDUAL_EVERY = 3  # modules that a shortcut spans


@architectures.register("inception_time")
class InceptionTime(Architecture):
    """``depth`` inception modules with a shortcut around every three, global average, head.

    Shapes (B = batch, C = channels, T = steps, F = ``filters``):
        series: (B, C, T) float32 -> features (B, 4 F) -> outputs (B, K).
    A feature sees 1 + ``depth`` * (k - 1) steps, k the longest kernel: 229 with depth 6 and k 39.
    Args:
        depth: inception modules, at least 1.
        filters: F, filters of each of the four branches, at least 1.
        bottleneck: channels that a module's input is reduced to; 0: not reduced.
        kernel_size: length k of the longest kernel in steps; cut to about half of the series' length, and odd.
        dropout: probability of zeroing a unit of the averaged features, in [0, 1).
    """

    modality: ClassVar[Modality] = Modality.SERIES
    parts: ClassVar[tuple[str, ...]] = ("series",)
    families: ClassVar[tuple[str, ...]] = ("cnn",)

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        depth: int = 6,
        filters: int = 16,
        bottleneck: int = 16,
        kernel_size: int = 39,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _check(depth=depth, filters=filters, bottleneck=bottleneck, kernel_size=kernel_size, dropout=dropout)
        self.kernel_sizes = _kernel_sizes(kernel_size, spec.length)
        width = 4 * filters
        blocks, channels = [], spec.channels
        for start in range(0, depth, _RESIDUAL_EVERY):
            num_modules = min(_RESIDUAL_EVERY, depth - start)
            blocks.append(_Block(channels, num_modules, filters, bottleneck, self.kernel_sizes))
            channels = width
        self.blocks, self.dropout, self._width = nn.Sequential(*blocks), nn.Dropout(dropout), width
        self._windows = [Window(self.kernel_sizes[0])] * depth
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """The recipe of series tasks."""
        return {"cnn": series_recipes.inception_time(facts)}

    def feature_map(self, batch: Batch) -> Tensor:
        """(B, 4 F, T): the last map before the average over time."""
        # As pictures one pixel high, channels last: on a CPU up to three times as fast as one-dimensional convolutions.
        pictures = batch["series"].unsqueeze(2).to(memory_format=torch.channels_last)  # (B, C, 1, T)
        x: Tensor = self.blocks(pictures).squeeze(2)
        return x

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, 4 F)."""
        features: Tensor = self.dropout(self.feature_map(batch).mean(dim=2))
        return features

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self._width, num_outputs)

    def receptive_field(self) -> int:
        """Steps that one position of ``feature_map`` depends on, where the series is that long."""
        return receptive_field(self._windows)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Each block of up to three modules, head."""
        return [list(part.parameters()) for part in (*self.blocks, self.head)]


class _Block(nn.Module):
    """Up to three modules; a full block of three is wrapped in a shortcut: (B, C, 1, T) -> (B, 4 F, 1, T)."""

    def __init__(
        self, channels: int, num_modules: int, filters: int, bottleneck: int, kernel_sizes: tuple[int, ...]
    ) -> None:
        super().__init__()
        inputs = [channels, *[4 * filters] * (num_modules - 1)]
        self.path = nn.Sequential(*[_Module(c, filters, bottleneck, kernel_sizes) for c in inputs])
        self.shortcut = (
            nn.Sequential(nn.Conv2d(channels, 4 * filters, 1, bias=False), nn.BatchNorm2d(4 * filters))
            if num_modules == _RESIDUAL_EVERY
            else None
        )

    def forward(self, x: Tensor) -> Tensor:
        h: Tensor = self.path(x)
        return h if self.shortcut is None else torch.relu(h + self.shortcut(x))


class _Module(nn.Module):
    """Bottleneck, then three kernel lengths and a maximum over three steps: (B, C, 1, T) -> (B, 4 F, 1, T)."""

    def __init__(self, channels: int, filters: int, bottleneck: int, kernel_sizes: tuple[int, ...]) -> None:
        super().__init__()
        is_reduced = 0 < bottleneck < channels
        inner = bottleneck if is_reduced else channels
        self.reduce = nn.Conv2d(channels, inner, 1, bias=False) if is_reduced else nn.Identity()
        self.convs = nn.ModuleList(
            nn.Conv2d(inner, filters, (1, k), padding=(0, k // 2), bias=False) for k in kernel_sizes
        )
        self.pooled = nn.Sequential(nn.MaxPool2d((1, 3), 1, (0, 1)), nn.Conv2d(channels, filters, 1, bias=False))
        self.norm = nn.BatchNorm2d(4 * filters)

    def forward(self, x: Tensor) -> Tensor:
        h = self.reduce(x)
        joined = torch.cat([*(conv(h) for conv in self.convs), self.pooled(x)], dim=1)
        return torch.relu(self.norm(joined))


def _kernel_sizes(longest: int, length: int) -> tuple[int, ...]:
    """Three odd lengths, each about half of the one before, the longest at most about half of the series.

    >>> _kernel_sizes(39, 150), _kernel_sizes(39, 24), _kernel_sizes(39, 3)
    ((39, 19, 9), (11, 5, 3), (3, 3, 3))
    """
    first = max(3, min(longest, length // 2))
    sizes = [first // 2**branch for branch in range(_BRANCHES)]
    return tuple(max(3, size if size % 2 else size - 1) for size in sizes)


def _check(*, depth: int, filters: int, bottleneck: int, kernel_size: int, dropout: float) -> None:
    rules = [
        ("depth", depth, depth >= 1, "at least 1"),
        ("filters", filters, filters >= 1, "at least 1"),
        ("bottleneck", bottleneck, bottleneck >= 0, "0 or more"),
        ("kernel_size", kernel_size, kernel_size >= 3, "at least 3"),
        ("dropout", dropout, 0.0 <= dropout < 1.0, "in [0, 1)"),
    ]
    faults = [
        f"inception_time.{name} must be {want}; got {value!r}." for name, value, holds, want in rules if not holds
    ]
    if faults:
        raise ConfigError(" ".join(faults))
