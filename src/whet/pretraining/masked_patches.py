"""Masked modelling of series: some stretches are hidden, and the encoder says how they run.

Helps: series without labels, from some hundreds on, with a rhythm or a shape that can be guessed from its surroundings.
Hurts: noise, and series so short that hiding one stretch hides everything; the score stays at zero and says so.
Source: Nie et al., "A Time Series is Worth 64 Words", ICLR 2023, section 3.2: 40 % of the patches that do not overlap,
a linear layer, squared error. Differs: the network reads overlapping patches, so every patch that shares a step with a
hidden one is hidden too.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures
from whet.models.patch_tst import PatchTST
from whet.pretraining.answers import Answers
from whet.pretraining.pretext import Given, pretexts
from whet.pretraining.width import example_batch

__all__ = ["MaskedPatches", "hide_patches"]

ASKED = 0.4  # share of the patches that do not overlap


@pretexts.register("masked_patches")
class MaskedPatches:
    """See ``Pretext``."""

    objective: ClassVar[str] = "masked"
    modalities: ClassVar[tuple[Modality, ...]] = (Modality.SERIES,)
    what: str = "variance of hidden stretches explained"
    plain: ClassVar[bool] = True

    def __init__(self, given: Given) -> None:
        self.spec = given.spec

    def build_head(self, body: Architecture) -> nn.Module:
        """A linear layer, and what a hidden patch looks like to the body."""
        network = _checked(body)
        with torch.no_grad():
            width = network.patch_features(example_batch(self.spec)).shape[-1]
        return _PatchHead(width, network.patch_length)

    def answers(
        self, body: Architecture, head: nn.Module, batch: Batch, targets: Tensor, *, generator: torch.Generator
    ) -> Answers:
        """One question a hidden patch."""
        network = _checked(body)
        assert isinstance(head, _PatchHead)
        patches = network.patches(batch)  # (B, C, P, S)
        reach = -(-network.patch_length // network.stride)
        asked, hidden = hide_patches(patches.shape[:3], reach, generator=generator)
        asked, hidden = asked.to(patches.device), hidden.to(patches.device)
        features = network.patch_features(batch, masked=hidden, mask_embedding=head.mask)
        truth = patches[asked].float()  # (n, S)
        losses = (head(features[asked]).float() - truth).square().mean(dim=1)
        return Answers(losses=losses, truth=truth)


class _PatchHead(nn.Module):
    """(n, D) features -> (n, S) steps."""

    def __init__(self, width: int, patch_length: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, patch_length)
        self.mask = nn.Parameter(0.02 * torch.randn(width))

    def forward(self, features: Tensor) -> Tensor:
        steps: Tensor = self.linear(features)
        return steps


def hide_patches(shape: torch.Size, reach: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """(B, C, P) and the distance from which two patches share no step -> asked for, and hidden, both (B, C, P) bool.

    At least one patch of each channel is asked for.
    """
    num = -(-shape[2] // reach)  # patches that do not overlap
    draws = torch.rand(*shape[:2], num, generator=generator)
    chosen = (draws < ASKED) | (draws == draws.amin(dim=2, keepdim=True))
    asked = torch.zeros(shape, dtype=torch.bool)
    asked[:, :, ::reach] = chosen
    near = F.max_pool1d(asked.float().flatten(0, 1), 2 * reach - 1, stride=1, padding=reach - 1)
    return asked, near.view(shape).bool()


def _checked(body: Architecture) -> PatchTST:
    if not isinstance(body, PatchTST):
        able = [name for name, cls in architectures.items() if issubclass(cls, PatchTST)]
        raise ConfigError(
            f"{type(body).__name__} does not read a series in patches, which masked modelling needs. "
            f"Choose one of: {', '.join(able)}."
        )
    return body
