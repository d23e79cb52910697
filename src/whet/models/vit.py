"""A vision transformer for small pictures, trained from scratch.

Helps: tens of thousands of pictures and time to look at them often; another view beside convolutions in an ensemble.
Hurts: a few thousand pictures or less without pretraining: it has to learn what a convolution knows about neighbours.
Source: Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021; mean instead of a class token and fixed
positions after Beyer et al., "Better plain ViT baselines for ImageNet-1k", arXiv 2205.01580; shifted patches after Lee
et al., arXiv 2112.13492. Differs: patches follow the picture, about 64 of them; a block expands by 2, not 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import Architecture, architectures
from whet.models.conv_checks import check_images
from whet.models.positions import Positions, sinusoids_2d
from whet.models.transformer import TransformerEncoder
from whet.models.transformer_block import BlockSettings
from whet.models.transformer_checks import check_transformer
from whet.models.vit_patches import PatchEmbedding, default_patch_size, grid_shape
from whet.recipe import Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts
from whet.tasks.image_recipes import batch_size, label_preserving, passes

__all__ = ["ViT"]

_EXPANSION = 2  # hidden units of a block per unit of its width
_POOLINGS = ("mean", "class")


@architectures.register("vit")
class ViT(Architecture):
    """Patches with positions -> ``depth`` attention blocks -> mean over patches, or class token -> head.

    Shapes (B = batch, P = patches, L = P, or P + 1 with the class token first, D = ``width``):
        image: (B, C, H, W) float, normalised per channel -> features (B, D) -> outputs (B, K).
    Args:
        patch_size: pixels along a side; None takes about 64 patches per picture.
        width: D, divisible by ``heads``.
        depth: blocks, at least 1.
        heads: attention heads, at least 1.
        pooling: "mean" over patches, or "class", a token of its own that reads them.
        positions: "sinusoidal" in two dimensions, for pictures of any size; "learned", for the size built for; "none".
        shifted: embed each patch together with its surroundings.
        dropout: probability of zeroing a unit of what a branch adds and of the features, in [0, 1).
        stochastic_depth: probability of dropping a branch of the last block for an example, in [0, 1); rising from 0.

    >>> spec = InputSpec(modality=Modality.IMAGE, channels=3, height=32, width=32)
    >>> ViT(spec, 10)({"image": torch.zeros(5, 3, 32, 32)}).shape
    torch.Size([5, 10])
    """

    modality: ClassVar[Modality] = Modality.IMAGE
    parts: ClassVar[tuple[str, ...]] = ("image",)
    families: ClassVar[tuple[str, ...]] = ("transformer",)
    class_token: nn.Parameter | None

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        patch_size: int | None = None,
        width: int = 96,
        depth: int = 4,
        heads: int = 4,
        pooling: str = "mean",
        positions: str = "sinusoidal",
        shifted: bool = True,
        dropout: float = 0.0,
        stochastic_depth: float = 0.0,
    ) -> None:
        super().__init__()
        side = default_patch_size(spec.height, spec.width) if patch_size is None else patch_size
        shorter = min(spec.height, spec.width)
        check_transformer(
            "vit", width=width, depth=depth, heads=heads, positions=positions,
            known_positions=("sinusoidal", "learned", "none"),
            probabilities={"dropout": dropout, "stochastic_depth": stochastic_depth},
            others=[
                ("patch_size", side, 1 <= side <= shorter, f"from 1 to the shorter side, {shorter} pixels"),
                ("pooling", pooling, pooling in _POOLINGS, f"one of {', '.join(_POOLINGS)}"),
            ],
        )  # fmt: skip
        self.spec, self.patch_size, self._width = spec, side, width
        self.patches = PatchEmbedding(spec.channels, side, width, is_shifted=shifted)
        rows, columns = grid_shape(spec.height, spec.width, side)
        self.position = Positions(positions, width, longest=rows * columns)
        token = nn.Parameter(0.02 * torch.randn(1, 1, width)) if pooling == "class" else None
        self.register_parameter("class_token", token)
        block = BlockSettings(width=width, heads=heads, hidden=_EXPANSION * width, dropout=dropout,
                              stochastic_depth=stochastic_depth)  # fmt: skip
        self.encoder, self.dropout = TransformerEncoder(depth, block), nn.Dropout(dropout)
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """AdamW with a cosine; the patch size is written down, so that the network also fits other pictures."""
        recipe = Recipe(
            architecture="vit",
            settings={"patch_size": default_patch_size(*facts.image_size[:2])},
            augment=label_preserving(facts),
            optimiser=Optimiser(name="adamw", lr=1e-3),
            schedule=Schedule(name="cosine", warmup=0.1),
            regularisation=Regularisation(weight_decay=0.05, label_smoothing=0.1, grad_clip=1.0),
            length=Length(epochs=passes(facts)),
            batch_size=batch_size(facts),
        )
        return {"transformer": recipe}

    def patch_features(self, batch: Batch) -> Tensor:
        """(B, P, D) states of the patches, row by row, normed."""
        states = self._read(batch["image"])
        return states if self.class_token is None else states[:, 1:]

    def attention_maps(self, batch: Batch) -> list[Tensor]:
        """For each block the (B, H, L, L) attention weights of this pass, query by key."""
        maps: list[Tensor] = []
        self._read(batch["image"], maps=maps)
        return maps

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D)."""
        states = self._read(batch["image"])
        features: Tensor = self.dropout(states.mean(dim=1) if self.class_token is None else states[:, 0])
        return features

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self._width, num_outputs)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Patches with positions and class token, each block, head."""
        embeddings = [*self.patches.parameters(), *self.position.parameters()]
        embeddings += [] if self.class_token is None else [self.class_token]
        return [embeddings, *self.encoder.layer_groups(), list(self.head.parameters())]

    def decayed(self) -> list[nn.Parameter]:
        """Matrices, neither positions nor class token."""
        excluded = {id(p) for p in (*self.position.parameters(), self.class_token)}
        return [p for p in self.parameters() if p.ndim >= 2 and id(p) not in excluded]

    def _read(self, images: Tensor, *, maps: list[Tensor] | None = None) -> Tensor:
        check_images("vit", images, self.spec)
        h = self.position(self.patches(images))
        if self.position.kind == "sinusoidal":
            h = h + sinusoids_2d(*grid_shape(images.shape[2], images.shape[3], self.patch_size), self._width, like=h)
        if self.class_token is not None:
            h = torch.cat([self.class_token.expand(len(h), -1, -1), h], dim=1)
        states: Tensor = self.encoder(h, maps=maps)
        return states
