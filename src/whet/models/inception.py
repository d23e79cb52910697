"""Inception for pictures from 8 to 256 pixels: filters of several sizes look at the same place side by side.

Helps: objects that come in several sizes; many features for few multiplications.
Hurts: time on a GPU, which prefers few large operations to many small ones.
Source: Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, figure 2b; batch norm, two 3 x 3 filters for a
    5 x 5 one and the averaging branch after "Rethinking the Inception Architecture", CVPR 2016, figure 5.
    Differs: the four branches are equally wide; no auxiliary heads; stem and halvings follow the picture's size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from whet.data.inputs import InputSpec
from whet.models.architecture import architectures
from whet.models.conv_checks import check_probability, check_stages, refuse
from whet.models.conv_layers import conv_norm, start_like_he
from whet.models.conv_network import PictureNetwork
from whet.models.conv_sizes import default_stride, stage_strides, stem_side
from whet.models.receptive import Window
from whet.recipe import Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts
from whet.tasks.image_recipes import batch_size, label_preserving, passes

__all__ = ["Inception"]

_BRANCHES = 4


@architectures.register("inception")
class Inception(PictureNetwork):
    """Convolutional stem, stages of inception modules, global average, linear head.

    Shapes: batch["image"] (B, C, H, W) float, normalised per channel -> (B, K) outputs.
    Args:
        widths: filters per stage, all four branches together, divisible by 4; each stage after the first begins with
            a maximum over 2 x 2 positions while 4 are left along a side.
        depths: modules per stage.
        stem_stride: pixels between the stem's answers; None leaves about 32 along the shorter side.
        dropout: probability of zeroing a feature before the head, in [0, 1).

    >>> from whet.data.kinds import Modality
    >>> spec = InputSpec(modality=Modality.IMAGE, channels=1, height=28, width=28)
    >>> Inception(spec, 10)({"image": torch.zeros(5, 1, 28, 28)}).shape
    torch.Size([5, 10])
    """

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        widths: Sequence[int] = (64, 128, 256),
        depths: Sequence[int] = (1, 2, 1),
        stem_stride: int | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _check(widths, depths, dropout)
        stride = default_stride(spec) if stem_stride is None else stem_stride
        strides = stage_strides(stem_side(spec, stride, owner="Inception"), len(widths))
        kernel, stem_width = max(3, 2 * stride - 1), widths[0] // 2
        stem = conv_norm(spec.channels, stem_width, kernel, stride=stride, activation=nn.ReLU(inplace=True))
        stages = _stages(stem_width, widths, depths, strides)
        windows = [Window(kernel, stride)]
        for stage_stride, depth in zip(strides, depths):
            windows += [Window(stage_stride, stage_stride), *[Window(3), Window(3)] * depth]
        self.assemble(spec, stem=stem, stages=stages, windows=windows,
                      num_features=widths[-1], num_outputs=num_outputs, dropout=dropout)  # fmt: skip
        start_like_he(self)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """SGD with Nesterov momentum on one cycle (Smith & Topin, 2018)."""
        recipe = Recipe(
            architecture="inception",
            augment=label_preserving(facts),
            optimiser=Optimiser(name="sgd", lr=0.2, momentum=0.9),
            schedule=Schedule(name="one_cycle", warmup=0.25),
            regularisation=Regularisation(weight_decay=5e-4, label_smoothing=0.1),
            length=Length(epochs=passes(facts)),
            batch_size=batch_size(facts),
        )
        return {"cnn": recipe}


class InceptionModule(nn.Module):
    """1 x 1, 3 x 3, 5 x 5 (as two 3 x 3) and an average, joined: (B, inputs, H, W) -> (B, outputs, H, W)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        width = outputs // _BRANCHES
        self.point = _conv(inputs, width, 1)
        self.small = nn.Sequential(_conv(inputs, width, 1), _conv(width, width, 3))
        self.large = nn.Sequential(_conv(inputs, width, 1), _conv(width, width, 3), _conv(width, width, 3))
        # Padding is left out of the average, so that the border of a picture is not darkened.
        self.average = nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), _conv(inputs, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return torch.cat([self.point(x), self.small(x), self.large(x), self.average(x)], dim=1)


def _conv(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return conv_norm(inputs, outputs, kernel, activation=nn.ReLU(inplace=True))


def _stages(inputs: int, widths: Sequence[int], depths: Sequence[int], strides: Sequence[int]) -> list[nn.Sequential]:
    stages = []
    for width, depth, stride in zip(widths, depths, strides):
        # ceil_mode rounds the size up, as a convolution with this stride does.
        halve: list[nn.Module] = [nn.MaxPool2d(2, ceil_mode=True)] if stride == 2 else []
        modules = [InceptionModule(inputs if i == 0 else width, width) for i in range(depth)]
        stages.append(nn.Sequential(*halve, *modules))
        inputs = width
    return stages


def _check(widths: Sequence[int], depths: Sequence[int], dropout: float) -> None:
    faults = check_stages(widths, depths) + check_probability("dropout", dropout)
    if not faults and any(width % _BRANCHES for width in widths):
        faults.append(f"widths must be divisible by {_BRANCHES}, one part per branch; got {list(widths)!r}")
    refuse("Inception", faults)
