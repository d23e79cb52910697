"""ResNet for pictures from 8 to 256 pixels: blocks of two convolutions that add to what came in.

Helps: from a few thousand pictures on; the yardstick that other networks are compared with.
Hurts: beside ``convnet``, time on a CPU; a few hundred pictures.
Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016; with ``preact``, "Identity Mappings in
    Deep Residual Networks", ECCV 2016; branches start small after Goyal et al., arXiv 1706.02677, section 5.1.
    Differs: basic blocks only; the stem's stride follows the picture's size and no pooling follows it; a branch starts
    at a tenth instead of zero, because behind a zero the filters of the branch get no gradient at first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from whet.data.inputs import InputSpec
from whet.models.architecture import architectures
from whet.models.conv_checks import check_probability, check_stages, refuse
from whet.models.conv_layers import StochasticDepth, conv_norm, start_like_he
from whet.models.conv_network import PictureNetwork
from whet.models.conv_sizes import default_stride, stage_strides, stem_side
from whet.models.receptive import Window
from whet.recipe import Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts
from whet.tasks.image_recipes import batch_size, label_preserving, passes

__all__ = ["ResNet"]


@architectures.register("resnet")
class ResNet(PictureNetwork):
    """Convolutional stem, stages of residual blocks, global average, linear head.

    Shapes: batch["image"] (B, C, H, W) float, normalised per channel -> (B, K) outputs.
    Args:
        widths: filters per stage; each stage after the first halves the picture while 4 positions are left.
        depths: blocks per stage, two convolutions each.
        preact: norm and activation before each convolution (He et al., ECCV 2016) instead of after it.
        branch_scale: factor that a block's branch starts with, in [0, 1]; 0 is the start of Goyal et al.
        stem_stride: pixels between the stem's answers; None leaves about 32 along the shorter side.
        stochastic_depth: probability of dropping the branch of the last block for an example while training, in [0, 1);
            earlier blocks are dropped less often, in proportion to their place.
        dropout: probability of zeroing a feature before the head, in [0, 1).

    >>> from whet.data.kinds import Modality
    >>> spec = InputSpec(modality=Modality.IMAGE, channels=3, height=32, width=32)
    >>> ResNet(spec, 10).feature_map({"image": torch.zeros(5, 3, 32, 32)}).shape
    torch.Size([5, 64, 8, 8])
    """

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        widths: Sequence[int] = (16, 32, 64),
        depths: Sequence[int] = (2, 2, 2),
        preact: bool = False,
        branch_scale: float = 0.1,
        stem_stride: int | None = None,
        stochastic_depth: float = 0.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        faults = check_stages(widths, depths) + check_probability("dropout", dropout)
        faults += check_probability("stochastic_depth", stochastic_depth)
        if not 0 <= branch_scale <= 1:
            faults.append(f"branch_scale must be in [0, 1]; got {branch_scale!r}")
        refuse("ResNet", faults)
        stride = default_stride(spec) if stem_stride is None else stem_stride
        strides = stage_strides(stem_side(spec, stride, owner="ResNet"), len(widths))
        kernel = max(3, 2 * stride - 1)
        # With preact the first block brings norm and activation itself.
        stem = (
            nn.Conv2d(spec.channels, widths[0], kernel, stride=stride, padding=kernel // 2, bias=False)
            if preact
            else conv_norm(spec.channels, widths[0], kernel, stride=stride, activation=nn.ReLU(inplace=True))
        )
        stages = _stages(widths, depths, strides, preact=preact, drop=stochastic_depth)
        start_like_he(stem)
        start_like_he(nn.ModuleList(stages))
        for block in nn.ModuleList(stages).modules():
            if isinstance(block, PlainBlock | PreactBlock):
                block.shrink(branch_scale)
        windows = [Window(kernel, stride)]
        for stage_stride, depth in zip(strides, depths):
            windows += [Window(3, stage_stride), *[Window(3)] * (2 * depth - 1)]
        self.assemble(spec, stem=stem, stages=stages, windows=windows,
                      num_features=widths[-1], num_outputs=num_outputs, dropout=dropout)  # fmt: skip

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """Muon, whose few hundred steps in a short trial get further than those of SGD; rates as for ``convnet``."""
        recipe = Recipe(
            architecture="resnet",
            augment=label_preserving(facts),
            optimiser=Optimiser(name="muon", lr=0.1, momentum=0.6, other_lr=1e-2),
            schedule=Schedule(name="linear", warmup=0.15),
            regularisation=Regularisation(weight_decay=0.02, label_smoothing=0.1),
            length=Length(epochs=passes(facts)),
            batch_size=batch_size(facts),
        )
        return {"cnn": recipe}


class PlainBlock(nn.Module):
    """convolve, norm, ReLU, convolve, norm; add the input; ReLU: (B, inputs, H, W) -> (B, outputs, H', W')."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, drop: float = 0.0) -> None:
        super().__init__()
        self.drop = StochasticDepth(drop)
        self.first = conv_norm(inputs, outputs, 3, stride=stride, activation=nn.ReLU(inplace=True))
        self.last = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.last_norm = nn.BatchNorm2d(outputs)
        is_same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if is_same else conv_norm(inputs, outputs, 1, stride=stride)

    def shrink(self, scale: float) -> None:
        """Multiply what the branch adds at the start."""
        with torch.no_grad():
            self.last_norm.weight.fill_(scale)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return torch.relu(self.shortcut(x) + self.drop(self.last_norm(self.last(self.first(x)))))


class PreactBlock(nn.Module):
    """norm, ReLU, convolve, norm, ReLU, convolve; add the input: (B, inputs, H, W) -> (B, outputs, H', W')."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, drop: float = 0.0) -> None:
        super().__init__()
        self.drop = StochasticDepth(drop)
        self.enter = nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(inplace=True))
        self.first = conv_norm(inputs, outputs, 3, stride=stride, activation=nn.ReLU(inplace=True))
        self.last = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        is_same = stride == 1 and inputs == outputs
        self.shortcut = None if is_same else nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)

    def shrink(self, scale: float) -> None:
        """Multiply what the branch adds at the start."""
        with torch.no_grad():
            self.last.weight.mul_(scale)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        h = self.enter(x)
        added: Tensor = self.drop(self.last(self.first(h)))
        return added + (x if self.shortcut is None else self.shortcut(h))


def _stages(
    widths: Sequence[int], depths: Sequence[int], strides: Sequence[int], *, preact: bool, drop: float
) -> list[nn.Sequential]:
    block = PreactBlock if preact else PlainBlock
    stages, inputs, place, last = [], widths[0], 0, max(1, sum(depths) - 1)
    for width, depth, stride in zip(widths, depths, strides):
        drops = [drop * (place + i) / last for i in range(depth)]
        blocks: list[nn.Module] = [block(inputs, width, stride=stride, drop=drops[0])]
        blocks += [block(width, width, stride=1, drop=each) for each in drops[1:]]
        stages.append(nn.Sequential(*blocks))
        inputs, place = width, place + depth
    if preact:  # what the last block adds to has not been normed yet
        stages[-1].extend([nn.BatchNorm2d(inputs), nn.ReLU(inplace=True)])
    return stages
