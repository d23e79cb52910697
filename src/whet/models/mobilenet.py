"""MobileNetV2 for pictures from 8 to 256 pixels: expand, filter each channel on its own, reduce, add.

Helps: small files and few multiplications, so models that must run on a phone or a slow processor.
Hurts: accuracy per training step, beside networks with full convolutions; it wants longer trainings.
Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018; ``squeeze_excite`` after
    Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, placed as in MobileNetV3 (Howard et al., ICCV 2019).
    Differs: expansion 4 instead of 6; three stages; stem and halvings follow the picture's size.
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

__all__ = ["MobileNet"]

_SQUEEZE = 4  # channels per unit of the squeezed layer


@architectures.register("mobilenet")
class MobileNet(PictureNetwork):
    """Convolutional stem, stages of inverted residuals, a 1 x 1 convolution, global average, linear head.

    Shapes: batch["image"] (B, C, H, W) float, normalised per channel -> (B, K) outputs.
    Args:
        widths: channels between the blocks of each stage; each stage after the first halves the picture while 4
            positions are left.
        depths: blocks per stage.
        expansion: channels inside a block per channel between blocks, at least 1.
        squeeze_excite: weigh the channels inside each block by what the whole picture shows.
        num_features: channels that the average and the head see, at least 1.
        stem_stride: pixels between the stem's answers; None leaves about 32 along the shorter side.
        dropout: probability of zeroing a feature before the head, in [0, 1).

    >>> from whet.data.kinds import Modality
    >>> spec = InputSpec(modality=Modality.IMAGE, channels=3, height=64, width=48)
    >>> MobileNet(spec, 10)({"image": torch.zeros(5, 3, 64, 48)}).shape
    torch.Size([5, 10])
    """

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        widths: Sequence[int] = (16, 32, 64),
        depths: Sequence[int] = (1, 2, 3),
        expansion: int = 4,
        squeeze_excite: bool = False,
        num_features: int = 256,
        stem_stride: int | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _check(widths, depths, expansion, num_features, dropout)
        stride = default_stride(spec) if stem_stride is None else stem_stride
        strides = stage_strides(stem_side(spec, stride, owner="MobileNet"), len(widths))
        kernel = max(3, 2 * stride - 1)
        stem = conv_norm(spec.channels, widths[0], kernel, stride=stride, activation=nn.ReLU6(inplace=True))
        stages = _stages(widths, depths, strides, expansion, squeeze_excite)
        stages[-1].append(conv_norm(widths[-1], num_features, 1, activation=nn.ReLU6(inplace=True)))
        windows = [Window(kernel, stride)]
        for stage_stride, depth in zip(strides, depths):
            windows += [Window(3, stage_stride), *[Window(3)] * (depth - 1)]
        self.assemble(spec, stem=stem, stages=stages, windows=None if squeeze_excite else windows,
                      num_features=num_features, num_outputs=num_outputs, dropout=dropout)  # fmt: skip
        start_like_he(self)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """SGD with Nesterov momentum on one cycle, little decay because the filters are few."""
        recipe = Recipe(
            architecture="mobilenet",
            augment=label_preserving(facts),
            optimiser=Optimiser(name="sgd", lr=0.2, momentum=0.9),
            schedule=Schedule(name="one_cycle", warmup=0.25),
            regularisation=Regularisation(weight_decay=2e-4, label_smoothing=0.1),
            length=Length(epochs=passes(facts)),
            batch_size=batch_size(facts),
        )
        return {"cnn": recipe}


class InvertedResidual(nn.Module):
    """Expand, filter by channel, squeeze and excite, reduce without activation: (B, inputs, H, W) -> (B, outputs, ...).

    The input is added where the sizes agree.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int, expansion: int, squeeze_excite: bool) -> None:
        super().__init__()
        inner = inputs * expansion
        layers: list[nn.Module] = []
        if expansion > 1:
            layers.append(conv_norm(inputs, inner, 1, activation=nn.ReLU6(inplace=True)))
        layers.append(conv_norm(inner, inner, 3, stride=stride, groups=inner, activation=nn.ReLU6(inplace=True)))
        if squeeze_excite:
            layers.append(SqueezeExcite(inner))
        layers.append(conv_norm(inner, outputs, 1))
        self.branch = nn.Sequential(*layers)
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        h: Tensor = self.branch(x)
        return x + h if self.is_residual else h


class SqueezeExcite(nn.Module):
    """Channels times a factor in (0, 1) that depends on their averages: (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = max(8, channels // _SQUEEZE)
        self.gates = nn.Sequential(
            nn.Conv2d(channels, squeezed, 1), nn.SiLU(inplace=True), nn.Conv2d(squeezed, channels, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return x * torch.sigmoid(self.gates(x.mean(dim=(2, 3), keepdim=True)))


def _stages(
    widths: Sequence[int], depths: Sequence[int], strides: Sequence[int], expansion: int, squeeze_excite: bool
) -> list[nn.Sequential]:
    stages, inputs = [], widths[0]
    for width, depth, stride in zip(widths, depths, strides):
        blocks = []
        for block in range(depth):
            blocks.append(
                InvertedResidual(inputs, width, stride=1 if block else stride, expansion=expansion,
                                 squeeze_excite=squeeze_excite)
            )  # fmt: skip
            inputs = width
        stages.append(nn.Sequential(*blocks))
    return stages


def _check(widths: Sequence[int], depths: Sequence[int], expansion: int, num_features: int, dropout: float) -> None:
    faults = check_stages(widths, depths) + check_probability("dropout", dropout)
    for name, value in (("expansion", expansion), ("num_features", num_features)):
        if value < 1:
            faults.append(f"{name} must be 1 or more; got {value!r}")
    refuse("MobileNet", faults)
