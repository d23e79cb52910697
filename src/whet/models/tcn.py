"""A temporal convolutional network: residual convolutions whose reads lie further apart from block to block.

Helps: long series with few parameters; answers that join events far apart, since the last block sees the whole series.
Hurts: fewer than about 50 series (MiniRocket + ridge first); memory, which grows with length times depth.
Source: Bai et al., "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence Modeling",
    arXiv 1803.01271.
    Differs: reads to both sides by default, because the whole series is there when it is judged (``causal`` restores
    the paper's); batch norm instead of weight norm, which would hide each filter from weight decay and Muon behind a
    length and a direction; the average over time goes to the head instead of the last step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import Architecture, architectures
from whet.models.conv_checks import check_probability, refuse
from whet.models.conv_layers import start_like_he
from whet.models.receptive import Window, receptive_field
from whet.recipe import Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts

__all__ = ["TCN"]


@architectures.register("tcn")
class TCN(Architecture):
    """Residual blocks of two dilated convolutions, average over time, linear head.

    Shapes (B = batch, C = channels, T = steps, D = ``width``):
        series: (B, C, T) float32 -> feature_map (B, D, T) -> features (B, D) -> outputs (B, K).
    Args:
        width: D, filters of every convolution, at least 1.
        depth: blocks, at least 1; block i reads steps 2^i apart. None: as many as it takes to see the whole series.
        kernel_size: steps that a convolution reads, odd, at least 3.
        causal: a feature sees its own step and earlier ones only.
        dropout: probability of zeroing a unit inside the blocks, in [0, 1).

    >>> spec = InputSpec(modality=Modality.SERIES, channels=2, length=100)
    >>> model = TCN(spec, 3, kernel_size=3)
    >>> model.depth, model.receptive_field(), model({"series": torch.zeros(5, 2, 100)}).shape
    (5, 125, torch.Size([5, 3]))
    """

    modality: ClassVar[Modality] = Modality.SERIES
    parts: ClassVar[tuple[str, ...]] = ("series",)
    families: ClassVar[tuple[str, ...]] = ("cnn",)

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        width: int = 48,
        depth: int | None = None,
        kernel_size: int = 5,
        causal: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _check(width, depth, kernel_size, dropout)
        self.depth = _depth_for(spec.length, kernel_size) if depth is None else depth
        self.kernel_size, self.num_features = kernel_size, width
        inputs = [spec.channels, *[width] * (self.depth - 1)]
        self.blocks = nn.Sequential(
            *[_Block(c, width, kernel_size, 2**i, causal=causal, dropout=dropout) for i, c in enumerate(inputs)]
        )
        self.reset_head(num_outputs)
        start_like_he(self)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """AdamW on one cycle; clipped, as the paper advises for long series."""
        recipe = Recipe(
            architecture="tcn",
            optimiser=Optimiser(name="adamw", lr=2e-3),
            schedule=Schedule(name="one_cycle", warmup=0.3),
            regularisation=Regularisation(weight_decay=1e-2, label_smoothing=0.05, grad_clip=1.0),
            length=Length(epochs=60.0 if facts.num_train < 1_000 else 30.0),
            batch_size=16 if facts.num_train < 500 else 64,
        )
        return {"cnn": recipe}

    def feature_map(self, batch: Batch) -> Tensor:
        """(B, D, T): the last map before the average over time."""
        # As pictures one pixel high, channels last: on a CPU faster than one-dimensional convolutions.
        pictures = batch["series"].unsqueeze(2).to(memory_format=torch.channels_last)  # (B, C, 1, T)
        x: Tensor = self.blocks(pictures).squeeze(2)
        return x

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D)."""
        return self.feature_map(batch).mean(dim=2)

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self.num_features, num_outputs)

    def receptive_field(self) -> int:
        """Steps that one position of ``feature_map`` depends on, where the series is that long."""
        return receptive_field(_windows(self.depth, self.kernel_size))

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Each block, head."""
        return [list(part.parameters()) for part in (*self.blocks, self.head)]


class _Block(nn.Module):
    """Twice convolve, norm, ReLU, dropout; add the input; ReLU: (B, inputs, 1, T) -> (B, width, 1, T)."""

    def __init__(self, inputs: int, width: int, kernel: int, dilation: int, *, causal: bool, dropout: float) -> None:
        super().__init__()
        reach = (kernel - 1) * dilation
        self.before, self.after = (reach, 0) if causal else (reach // 2, reach // 2)
        self.convs = nn.ModuleList(
            nn.Conv2d(c, width, (1, kernel), dilation=(1, dilation), bias=False) for c in (inputs, width)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(2))
        self.dropout = nn.Dropout(dropout)
        self.shortcut = nn.Identity() if inputs == width else nn.Conv2d(inputs, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = x
        for conv, norm in zip(self.convs, self.norms):
            h = self.dropout(torch.relu(norm(conv(F.pad(h, (self.before, self.after))))))
        return torch.relu(h + self.shortcut(x))


def _windows(depth: int, kernel: int) -> list[Window]:
    return [Window(kernel, dilation=2**block) for block in range(depth) for _ in range(2)]


def _depth_for(length: int, kernel: int) -> int:
    """Blocks until a feature sees ``length`` steps.

    >>> [_depth_for(length, 3) for length in (1, 5, 6, 100)]
    [1, 1, 2, 5]
    """
    depth = 1
    while receptive_field(_windows(depth, kernel)) < length:
        depth += 1
    return depth


def _check(width: int, depth: int | None, kernel_size: int, dropout: float) -> None:
    faults = check_probability("dropout", dropout)
    if width < 1:
        faults.append(f"width must be 1 or more; got {width!r}")
    if depth is not None and depth < 1:
        faults.append(f"depth must be 1 or more, or None; got {depth!r}")
    if kernel_size < 3 or kernel_size % 2 == 0:
        faults.append(f"kernel_size must be odd and at least 3; got {kernel_size!r}")
    refuse("TCN", faults)
