"""ConvNeXt for pictures from 8 to 256 pixels: wide depthwise filters, then a small network at every position.

Helps: tens of thousands of pictures and longer trainings; batches of any size, since it norms without batch statistics.
Hurts: a few hundred pictures trained from nothing, where ``convnet`` and ``resnet`` get there in fewer steps.
Source: Liu et al., "A ConvNet for the 2020s", CVPR 2022.
    Differs: patches of the stem follow the picture's size and depthwise filters shrink with the map; layer scale starts
    at 0.1 (1e-6 there, for deeper networks); the last norm stands before the average instead of after it, so that the
    head's answer is a sum over positions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whet.data.inputs import InputSpec
from whet.models.architecture import architectures
from whet.models.conv_checks import check_probability, check_stages, refuse
from whet.models.conv_layers import StochasticDepth
from whet.models.conv_network import PictureNetwork
from whet.models.conv_sizes import default_stride, stage_strides, stem_side
from whet.models.receptive import Window
from whet.recipe import Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts
from whet.tasks.image_recipes import batch_size, label_preserving, passes

__all__ = ["ConvNeXt"]

_POSITIONS = 20  # along the shorter side after the stem; 56 in the paper, whose pictures have 224 pixels
_EXPANSION = 4
_LAYER_SCALE = 0.1


@architectures.register("convnext")
class ConvNeXt(PictureNetwork):
    """Patches, stages of depthwise blocks, norm, global average, linear head.

    Shapes: batch["image"] (B, C, H, W) float, normalised per channel -> (B, K) outputs.
    Args:
        widths: channels per stage; each stage after the first halves the picture while 4 positions are left.
        depths: blocks per stage.
        kernel_size: side of the depthwise filters, odd, at least 3; cut to the largest odd side that the map has.
        stem_stride: side of the stem's patches in pixels; None leaves about 20 positions along the shorter side.
        stochastic_depth: probability of dropping the last block for an example while training, in [0, 1); earlier
            blocks are dropped less often, in proportion to their place.
        dropout: probability of zeroing a feature before the head, in [0, 1).

    >>> from whet.data.kinds import Modality
    >>> spec = InputSpec(modality=Modality.IMAGE, channels=3, height=32, width=32)
    >>> ConvNeXt(spec, 10).feature_map({"image": torch.zeros(5, 3, 32, 32)}).shape
    torch.Size([5, 128, 4, 4])
    """

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        widths: Sequence[int] = (32, 64, 128),
        depths: Sequence[int] = (1, 2, 1),
        kernel_size: int = 7,
        stem_stride: int | None = None,
        stochastic_depth: float = 0.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _check(widths, depths, kernel_size, stochastic_depth, dropout)
        patch = default_stride(spec, positions=_POSITIONS) if stem_stride is None else stem_stride
        side = stem_side(spec, patch, owner="ConvNeXt")
        strides = stage_strides(side, len(widths))
        kernels = _kernels(side, strides, kernel_size)
        # Rounding up, as elsewhere: a border that fills no patch is padded rather than cut off.
        stem = nn.Sequential(_PadTo(patch), nn.Conv2d(spec.channels, widths[0], patch, stride=patch), Norm(widths[0]))
        stages = _stages(widths, depths, strides, kernels, stochastic_depth)
        windows = [Window(patch, patch)]
        for stride, kernel, depth in zip(strides, kernels, depths):
            windows += [Window(stride, stride), *[Window(kernel)] * depth]
        self.assemble(spec, stem=stem, stages=stages, windows=windows,
                      num_features=widths[-1], num_outputs=num_outputs, dropout=dropout)  # fmt: skip
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """AdamW with a cosine, as in the paper; 0.05 of decay and a high rate, since it is small."""
        recipe = Recipe(
            architecture="convnext",
            augment=label_preserving(facts),
            optimiser=Optimiser(name="adamw", lr=4e-3),
            schedule=Schedule(name="cosine", warmup=0.1),
            regularisation=Regularisation(weight_decay=0.05, label_smoothing=0.1, grad_clip=1.0),
            length=Length(epochs=passes(facts)),
            batch_size=batch_size(facts),
        )
        return {"cnn": recipe}


class Norm(nn.Module):
    """Layer norm over the channels of each position: (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        """Without copies when ``x`` is channels_last in memory."""
        normed: Tensor = self.norm(x.permute(0, 2, 3, 1))
        return normed.permute(0, 3, 1, 2)


class ConvNeXtBlock(nn.Module):
    """Depthwise filter, layer norm, expand, GELU, reduce, layer scale; add: (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, width: int, kernel: int, *, drop: float) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.expand = nn.Linear(width, _EXPANSION * width)
        self.reduce = nn.Linear(_EXPANSION * width, width)
        self.scale = nn.Parameter(torch.full((width,), _LAYER_SCALE))
        self.drop = StochasticDepth(drop)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        h = self.norm(self.depthwise(x).permute(0, 2, 3, 1))  # (B, H, W, C)
        h = self.scale * self.reduce(F.gelu(self.expand(h)))
        branch: Tensor = self.drop(h.permute(0, 3, 1, 2))
        return x + branch


class _PadTo(nn.Module):
    """Zeros on the right and below until both sides are multiples of ``size``."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        down, right = -x.shape[2] % self.size, -x.shape[3] % self.size
        return F.pad(x, (0, right, 0, down)) if down or right else x


def _stages(
    widths: Sequence[int], depths: Sequence[int], strides: Sequence[int], kernels: Sequence[int], drop: float
) -> list[nn.Sequential]:
    stages: list[nn.Sequential] = []
    inputs, place, last = widths[0], 0, max(1, sum(depths) - 1)
    for width, depth, stride, kernel in zip(widths, depths, strides, kernels):
        layers: list[nn.Module] = []
        if stages:
            layers = [Norm(inputs), _PadTo(stride), nn.Conv2d(inputs, width, stride, stride=stride)]
        layers += [ConvNeXtBlock(width, kernel, drop=drop * (place + i) / last) for i in range(depth)]
        stages.append(nn.Sequential(*layers))
        inputs, place = width, place + depth
    stages[-1].append(Norm(inputs))
    return stages


def _kernels(side: int, strides: Sequence[int], largest: int) -> list[int]:
    """Odd kernel of each stage, at most as wide as its map, at least 3.

    >>> _kernels(16, (1, 2, 2), 7)
    [7, 7, 3]
    """
    kernels = []
    for stride in strides:
        side = -(-side // stride)
        kernels.append(max(3, min(largest, side - 1 + side % 2)))
    return kernels


def _check(widths: Sequence[int], depths: Sequence[int], kernel: int, stochastic_depth: float, dropout: float) -> None:
    faults = check_stages(widths, depths)
    faults += check_probability("stochastic_depth", stochastic_depth) + check_probability("dropout", dropout)
    if kernel < 3 or kernel % 2 == 0:
        faults.append(f"kernel_size must be odd and at least 3; got {kernel!r}")
    refuse("ConvNeXt", faults)
