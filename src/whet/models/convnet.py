"""A fast convolutional network for pictures from 8 to 256 pixels, trained from nothing in seconds to minutes.

Helps: a few hundred to a few hundred thousand pictures without a pretrained model, on a CPU or a GPU.
Hurts: large photos of fine-grained classes, where pretrained features win.
Source: Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", arXiv 2404.00498.
    Differs: stem stride, number of poolings and widths follow the picture size and the time there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures
from whet.models.conv_checks import check_images
from whet.models.conv_sizes import LEAST_HALVED, default_stride
from whet.models.convnet_block import ConvBlock
from whet.models.convnet_stem import WhiteningStem
from whet.models.receptive import Window, receptive_field
from whet.recipe import Recipe
from whet.tasks import image_recipes
from whet.tasks.facts import Facts

__all__ = ["ConvNet"]

FEATURE_SCALE = 1 / 9  # the paper's output scaling: pooled maxima are large, and a step on the head moves them all


@architectures.register("convnet")
class ConvNet(Architecture):
    """Whitening stem, one block per width, global maximum, linear head.

    Shapes: batch["image"] (B, C, H, W) float, normalised per channel -> (B, K) outputs.
    Args:
        widths: filters per block; a block halves the picture as long as 4 pixels are left.
        stem_stride: pixels between the stem's patches; None takes about 32 positions along the shorter side.
        depth: convolutions per block, at least 1; from 3 on with a residual connection.
        dropout: probability of zeroing a feature before the head, in [0, 1).
        train_stem: let the stem's bias learn, as the paper does for three epochs; without it the gradient ends at the
            first block, and a step takes about a sixth less time.
    Raises:
        ConfigError: a setting is out of range, or the pictures are smaller than a stem patch.

    >>> import torch
    >>> spec = InputSpec(modality=Modality.IMAGE, channels=3, height=32, width=32)
    >>> ConvNet(spec, 10)({"image": torch.zeros(5, 3, 32, 32)}).shape
    torch.Size([5, 10])
    """

    modality: ClassVar[Modality] = Modality.IMAGE
    parts: ClassVar[tuple[str, ...]] = ("image",)
    families: ClassVar[tuple[str, ...]] = ("cnn",)
    any_size: ClassVar[bool] = True

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        widths: Sequence[int] = (64, 128, 256),
        stem_stride: int | None = None,
        depth: int = 2,
        dropout: float = 0.0,
        train_stem: bool = True,
    ) -> None:
        super().__init__()
        stride = default_stride(spec) if stem_stride is None else stem_stride
        _check(spec, widths, stride, depth, dropout)
        self.spec, self.num_features = spec, widths[-1]
        self.stem = WhiteningStem(spec.channels, stride=stride)
        if not train_stem:
            self.stem.bias.requires_grad_(False)
            self.stem.bias.is_held = True  # type: ignore[attr-defined]
        self.blocks = nn.Sequential(*_blocks(self.stem, min(spec.height, spec.width), widths, depth))
        self.dropout = nn.Dropout(dropout)
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """The recipe of image tasks."""
        return {"cnn": image_recipes.convnet(facts)}

    def initialise(self, sample: Batch) -> None:
        """Whiten the stem on the patches of these pictures."""
        self.stem.whiten(sample["image"])

    def feature_map(self, batch: Batch) -> Tensor:
        """(B, widths[-1], h, w): the last map before the maximum over positions."""
        check_images("ConvNet", batch["image"], self.spec)
        x: Tensor = self.blocks(F.gelu(self.stem(batch["image"])))
        return x

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, widths[-1]) features: the largest activation of each filter over the picture, times FEATURE_SCALE."""
        features: Tensor = self.dropout(self.feature_map(batch).amax(dim=(2, 3)) * FEATURE_SCALE)
        return features

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head; draws from the global generator, so call it inside ``rng.drawing_globally``."""
        self.head = nn.Linear(self.num_features, num_outputs)
        nn.init.zeros_(self.head.bias)

    def receptive_field(self) -> int:
        """Pixels along a side that one position of ``feature_map`` depends on."""
        windows = [Window(self.stem.size, self.stem.stride)]
        for block in self.blocks:
            assert isinstance(block, ConvBlock)
            windows += [Window(3), *[Window(2, 2)] * block.pool, *[Window(3)] * (len(block.convs) - 1)]
        return receptive_field(windows)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Stem, each block, head."""
        return [list(part.parameters()) for part in (self.stem, *self.blocks, self.head)]


def _blocks(stem: WhiteningStem, side: int, widths: Sequence[int], depth: int) -> list[nn.Module]:
    side = (side - stem.size) // stem.stride + 1
    blocks: list[nn.Module] = []
    for inputs, outputs in zip([stem.num_filters, *widths], widths):
        pool = side >= LEAST_HALVED
        blocks.append(ConvBlock(inputs, outputs, depth=depth, pool=pool))
        side = side // 2 if pool else side
    return blocks


def _check(spec: InputSpec, widths: Sequence[int], stride: int, depth: int, dropout: float) -> None:
    faults = []
    if not widths or any(width < 1 for width in widths):
        faults.append(f"widths must be one or more positive numbers; got {list(widths)!r}")
    if stride < 1:
        faults.append(f"stem_stride must be 1 or more; got {stride!r}")
    if depth < 1:
        faults.append(f"depth must be 1 or more; got {depth!r}")
    if not 0 <= dropout < 1:
        faults.append(f"dropout must be in [0, 1); got {dropout!r}")
    if min(spec.height, spec.width) < max(2, stride):
        faults.append(
            f"pictures must be at least {max(2, stride)} pixels wide and high; got {spec.height}x{spec.width}"
        )
    if faults:
        raise ConfigError("ConvNet: " + "; ".join(faults) + ".")
