"""A transformer over patches of a series, every channel read on its own by the same weights.

Helps: some thousand series or a pretraining on unlabelled ones; long series, because patches are few.
Hurts: a few hundred series, where random convolutions with ridge regression are better and take seconds; answers that
hang on how channels move together, which only the head sees.
Source: Nie et al., "A Time Series is Worth 64 Words", ICLR 2023. Differs: layer norm before each branch instead of
batch norm after it; the head reads the mean over patches, and the mean and spread that normalisation took away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import Architecture, architectures
from whet.models.positions import Positions
from whet.models.series_patches import Normalised, default_patch_length, normalised, num_patches, patched
from whet.models.transformer import TransformerEncoder
from whet.models.transformer_block import BlockSettings
from whet.models.transformer_checks import check_transformer
from whet.models.transformer_masking import put_mask
from whet.recipe import Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts

__all__ = ["PatchTST"]

_EXPANSION = 2  # hidden units of a block per unit of its width


@architectures.register("patch_tst")
class PatchTST(Architecture):
    """Channels normalised -> patches with positions -> ``depth`` attention blocks -> mean over patches -> head.

    Shapes (B = batch, C = channels, T = steps, P = patches, S = steps of a patch, D = ``width``):
        series: (B, C, T) float32 -> features (B, C (D + 2)) -> outputs (B, K).
    Args:
        patch_length: S; None follows the length. A patch begins every S / 2 steps.
        width: D, divisible by ``heads``.
        depth: blocks, at least 1.
        heads: attention heads, at least 1.
        dropout: probability of zeroing a unit of the embeddings, of each branch and of the features, in [0, 1).
        positions: one of "learned", "sinusoidal", "rotary", "none".
        norm: "pre" or "post", where the norms of a block stand.

    >>> spec = InputSpec(modality=Modality.SERIES, channels=2, length=40)
    >>> net, batch = PatchTST(spec, 3), {"series": torch.zeros(5, 2, 40)}
    >>> net(batch).shape, net.patches(batch).shape, net.patch_features(batch).shape
    (torch.Size([5, 3]), torch.Size([5, 2, 19, 5]), torch.Size([5, 2, 19, 64]))
    """

    modality: ClassVar[Modality] = Modality.SERIES
    parts: ClassVar[tuple[str, ...]] = ("series",)
    families: ClassVar[tuple[str, ...]] = ("transformer",)

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        patch_length: int | None = None,
        width: int = 64,
        depth: int = 3,
        heads: int = 4,
        dropout: float = 0.1,
        positions: str = "learned",
        norm: str = "pre",
    ) -> None:
        super().__init__()
        steps = default_patch_length(spec.length) if patch_length is None else patch_length
        check_transformer(
            "patch_tst", width=width, depth=depth, heads=heads, positions=positions, norm=norm,
            probabilities={"dropout": dropout},
            others=[("patch_length", steps, 1 <= steps <= spec.length, f"from 1 to the series' {spec.length} steps")],
        )  # fmt: skip
        self.patch_length, self.stride = steps, max(1, steps // 2)
        longest = num_patches(spec.length, steps, self.stride)
        self.embed = nn.Linear(steps, width)
        self.position = Positions(positions, width, longest=longest, heads=heads)
        block = BlockSettings(width=width, heads=heads, hidden=_EXPANSION * width, norm=norm, dropout=dropout)
        self.dropout, self.encoder = nn.Dropout(dropout), TransformerEncoder(depth, block)
        self._num_features = spec.channels * (width + 2)
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """AdamW on one cycle; so many epochs that few series give enough steps too."""
        recipe = Recipe(
            architecture="patch_tst",
            optimiser=Optimiser(name="adamw", lr=1e-3),
            schedule=Schedule(name="one_cycle", warmup=0.3),
            regularisation=Regularisation(weight_decay=0.05, label_smoothing=0.05, grad_clip=1.0),
            length=Length(epochs=float(min(200, max(30, 30_000 // max(1, facts.num_train))))),
            batch_size=16 if facts.num_train < 500 else 64,
        )
        return {"transformer": recipe}

    def patches(self, batch: Batch) -> Tensor:
        """(B, C, P, S) of the normalised series: what a pretraining has to guess."""
        return self._patches(normalised(batch["series"]))

    def patch_features(
        self, batch: Batch, *, masked: Tensor | None = None, mask_embedding: Tensor | None = None
    ) -> Tensor:
        """(B, C, P, D) states of the last block, normed.

        Args:
            masked: (B, C, P) bool, patches whose embedding is replaced by ``mask_embedding`` (D,), which the caller
                owns; their positions stay visible. Neighbours overlap by half a patch. None: no patch.
        """
        return self._read(self.patches(batch), masked=masked, mask_embedding=mask_embedding)

    def attention_maps(self, batch: Batch) -> list[Tensor]:
        """For each block the (B C, H, P, P) attention weights of this pass, query by key, channel by channel."""
        maps: list[Tensor] = []
        self._read(self.patches(batch), maps=maps)
        return maps

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, C (D + 2))."""
        given = normalised(batch["series"])
        shape = self._read(self._patches(given)).mean(dim=2)  # (B, C, D)
        level = torch.cat([given.mean, given.spread.log()], dim=2).to(shape.dtype)  # (B, C, 2)
        features: Tensor = torch.cat([self.dropout(shape), level], dim=2).flatten(1)
        return features

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self._num_features, num_outputs)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Patches with positions, each block, head."""
        embeddings = [*self.embed.parameters(), *self.position.parameters()]
        return [embeddings, *self.encoder.layer_groups(), list(self.head.parameters())]

    def decayed(self) -> list[nn.Parameter]:
        """Matrices, not the positions."""
        excluded = {id(p) for p in self.position.parameters()}
        return [p for p in self.parameters() if p.ndim >= 2 and id(p) not in excluded]

    def _patches(self, given: Normalised) -> Tensor:
        return patched(given.series, self.patch_length, self.stride)

    def _read(
        self,
        patches: Tensor,
        *,
        masked: Tensor | None = None,
        mask_embedding: Tensor | None = None,
        maps: list[Tensor] | None = None,
    ) -> Tensor:
        embedded = put_mask(self.embed(patches), masked, mask_embedding)  # (B, C, P, D)
        h = self.dropout(self.position(embedded.flatten(0, 1)))  # (B C, P, D): a channel is an example of its own
        rotation = self.position.rotation(h.shape[1], like=h)
        states: Tensor = self.encoder(h, rotation=rotation, maps=maps)
        return states.view(embedded.shape)
